import { Cron } from "croner";
import { parseMilliseconds } from "./duration.ts";
import { ValueError } from "./valueError.ts";

/** A periodic schedule: an interval, or a Quartz cron expression in UTC. */
export interface Schedule {
  readonly text: string;
  /** The newest due time after `since` and not after `now`, in milliseconds since the epoch. Undefined: none. */
  dueAt(since: number, now: number): number | undefined;
  /** The first due time after `now`. Undefined: never again. */
  nextAt(since: number, now: number): number | undefined;
}

/** Undefined (for a blank text or a duration of zero): never. */
export function parseSchedule(text: string): Schedule | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const ms = milliseconds(trimmed);
  if (ms === undefined) return cron(trimmed);
  return ms > 0 ? every(trimmed, ms) : undefined;
}

function milliseconds(text: string): number | undefined {
  try {
    return parseMilliseconds(text);
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}

const every = (text: string, ms: number): Schedule => ({
  text,
  dueAt: (since, now) => {
    const periods = Math.floor((now - since) / ms);
    return periods > 0 ? since + periods * ms : undefined;
  },
  nextAt: (since, now) => since + (Math.max(0, Math.floor((now - since) / ms)) + 1) * ms,
});

const names = ["seconds", "minutes", "hours", "day of month", "month", "day of week", "year"];

/** A Quartz cron expression: 6 or 7 fields, Sunday is 1, and one of the two day fields is "?". */
function cron(text: string): Schedule {
  const fields = text.split(/\s+/);
  const refuse = (why: string): ValueError =>
    new ValueError(
      `"${text}" is neither a duration (10 min) nor a Quartz cron expression (0 0 12 * * ?): ${why}`,
    );
  if (fields.length < 6 || fields.length > 7)
    throw refuse(`a cron expression has 6 or 7 fields (${names.join(", ")}), not ${fields.length}`);
  if ((fields[3] === "?") === (fields[5] === "?"))
    throw refuse("exactly one of day of month and day of week must be ?");
  const expression = read(text, refuse);
  // The first year in Quartz.
  if (expression.nextRun(new Date(0)) === null)
    throw new ValueError(`"${text}" never fires: there is no such day`);
  return {
    text,
    dueAt: (since, now) => {
      // The expression has a precision of a second, and the search is for times before.
      const [latest] = expression.previousRuns(1, new Date(Math.floor(now / 1_000) * 1_000 + 1_000));
      const at = latest?.getTime();
      return at !== undefined && at > since && at <= now ? at : undefined;
    },
    nextAt: (_, now) => expression.nextRun(new Date(now))?.getTime(),
  };
}

function read(text: string, refuse: (why: string) => ValueError): Cron {
  try {
    return new Cron(text, {
      timezone: "UTC",
      paused: true,
      alternativeWeekdays: true,
      domAndDow: true,
      sloppyRanges: true,
    });
  } catch (error) {
    throw refuse((error as Error).message.replace(/^CronPattern: /, ""));
  }
}
