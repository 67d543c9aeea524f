import { Cron } from "croner";
import { parseMilliseconds } from "./duration.ts";
import { parseMapList } from "./structured.ts";
import { ValueError } from "./valueError.ts";

/** The times at which disruptions are allowed. */
export interface DisruptionWindows {
  readonly text: string;
  /** Whether one of them is open. Milliseconds since the epoch. */
  isOpen(now: number): boolean;
  /** When the next one opens, in milliseconds since the epoch. Undefined: none opens again. */
  opensAt(now: number): number | undefined;
}

interface Window {
  readonly opens: Cron;
  readonly durationMs: number;
}

const keys = ["schedule", "duration", "timeZone"] as const;
const example = '[{schedule: "0 2 * * SAT", duration: 4 h, timeZone: Europe/Berlin}]';
/** More would be read at each reconcile of a resource that waits. */
const maxWindows = 20;

/**
 * A list of windows. The schedule and the time zone have the form of a Kubernetes CronJob. A window lasts for its duration,
 * also where the clocks are changed meanwhile. One whose local time is left out by a change of the clocks opens as they are
 * changed; one whose local time comes twice opens at the first of them.
 */
export function parseDisruptionWindows(text: string): DisruptionWindows {
  const windows = parseMapList(text).map((fields) => parseWindow(fields, text));
  if (windows.length === 0) throw refuse(text, "it names no window");
  if (windows.length > maxWindows)
    throw refuse(text, `it has ${windows.length} windows, of at most ${maxWindows}`);
  return {
    text,
    isOpen: (now) => windows.some((window) => isOpen(window, now)),
    opensAt(now) {
      const openings = windows.flatMap(({ opens }) => opens.nextRun(new Date(now))?.getTime() ?? []);
      return openings.length === 0 ? undefined : Math.min(...openings);
    },
  };
}

const refuse = (text: string, why: string): ValueError =>
  new ValueError(`"${text}" is not a list of windows such as ${example}: ${why}`);

function parseWindow(fields: ReadonlyMap<string, string>, text: string): Window {
  const unknown = [...fields.keys()].find((key) => !keys.some((known) => known === key));
  if (unknown !== undefined) throw refuse(text, `"${unknown}" is none of ${keys.join(", ")}`);
  const [schedule, duration] = [fields.get("schedule"), fields.get("duration")];
  if (schedule === undefined || duration === undefined)
    throw refuse(text, "each window needs a schedule and a duration");
  const count = schedule.trim().split(/\s+/).length;
  if (count !== 5)
    throw refuse(
      text,
      `the schedule "${schedule}" must have 5 fields (minute, hour, day of month, month, day of week), not ${count}`,
    );
  const opens = readSchedule(schedule, fields.get("timeZone") ?? "Etc/UTC", text);
  if (opens.nextRun(new Date(0)) === null)
    throw refuse(text, `the schedule "${schedule}" never comes: there is no such day`);
  const durationMs = parseMilliseconds(duration);
  if (durationMs < 60_000) throw refuse(text, `the duration "${duration}" must be one minute or more`);
  return { opens, durationMs };
}

function readSchedule(schedule: string, timezone: string, text: string): Cron {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
  } catch {
    throw refuse(
      text,
      `"${timezone}" is no time zone of the IANA database, such as Europe/Berlin or Etc/UTC`,
    );
  }
  try {
    return new Cron(schedule.trim(), { timezone, paused: true, mode: "5-part" });
  } catch (error) {
    throw refuse(
      text,
      `the schedule "${schedule}": ${(error as Error).message.replace(/^CronPattern: /, "")}`,
    );
  }
}

function isOpen({ opens, durationMs }: Window, now: number): boolean {
  // The first opening after the last one that would have ended by now.
  const opening = opens.nextRun(new Date(now - durationMs))?.getTime();
  return opening !== undefined && opening <= now;
}
