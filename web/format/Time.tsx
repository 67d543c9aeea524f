import { formatAge } from "./format.ts";
import { useNow } from "./now.ts";

const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "long" });
const ofDay = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const ofClock = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** How long ago, in the viewer's words. The exact time in the viewer's zone is its title. */
export function Ago({ at }: { readonly at: string }) {
  const now = useNow();
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return <span>{at}</span>;
  const age = formatAge(now - time.getTime());
  return (
    <time dateTime={at} title={exact.format(time)}>
      {age === "now" ? age : `${age} ago`}
    </time>
  );
}

/** The time of day in the viewer's zone, with the day unless it is today. */
export function Moment({ at }: { readonly at: string }) {
  const now = useNow();
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return <span>{at}</span>;
  const isToday = new Date(now).toDateString() === time.toDateString();
  return (
    <time dateTime={at} title={exact.format(time)}>
      {isToday ? ofClock.format(time) : `${ofDay.format(time)}, ${ofClock.format(time)}`}
    </time>
  );
}
