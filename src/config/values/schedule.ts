import { Cron } from "croner";
import { parseMilliseconds } from "./duration.ts";
import { ValueError } from "./valueError.ts";

/** When something is to happen again and again: every so often, or as a Quartz cron expression says, in UTC. */
export interface Schedule {
  readonly text: string;
  /** The newest time after `since` and not after `now` at which it was due; undefined: none. In milliseconds since the epoch. */
  dueAt(since: number, now: number): number | undefined;
  /** The first time after `now` at which it will be; undefined: never again. */
  nextAt(since: number, now: number): number | undefined;
}

/** Undefined, as of a blank text or a duration of zero: never, as nobody asked for it. */
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

/** As Quartz has it: 6 or 7 fields, Sunday is 1, and one of the two days is left open by "?". */
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
  // Quartz knows no year before.
  if (expression.nextRun(new Date(0)) === null)
    throw new ValueError(`"${text}" never fires: there is no such day`);
  return {
    text,
    dueAt: (since, now) => {
      // The expression's grain is a second, and the question is for what lies before.
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
