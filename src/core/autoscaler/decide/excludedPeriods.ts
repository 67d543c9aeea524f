import { Cron } from "croner";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { AutoscalerError } from "../model/autoscalerError.ts";
import { readOption } from "../model/readOption.ts";

/**
 * Times in which nothing is scaled: daily times (`9:30-10:50:20`, both ends included, within one day), Quartz cron
 * expressions, or one of each joined by `&&`. All in UTC.
 */
type Period = (at: number) => boolean;

const separator = "&&";

/** Whether one of the configured periods holds. Throws AutoscalerError where a part is no expression. */
export const isInExcludedPeriod = (now: number, config: FlinkConfig): boolean =>
  excludedPeriods(config).some((expression) =>
    expression.split(separator).every((part) => {
      const period = parseDaily(part.trim()) ?? parseCron(part.trim());
      if (period === undefined) throw new AutoscalerError("No value present");
      return period(now);
    }),
  );

export const excludedPeriods = (config: FlinkConfig): readonly string[] =>
  readOption(config, autoscalerOptions.excludedPeriods) ?? [];

/** What is wrong with an expression, in the words of the Java operator. Undefined: nothing. */
export function validateExcludedPeriod(expression: string): string | undefined {
  const invalid = `Invalid value ${expression} in the autoscaler config ${autoscalerOptions.excludedPeriods.key}`;
  const parts = expression.split(separator).map((part) => part.trim());
  if (parts.length > 2) return invalid;
  const isDaily = parts.map((part) => parseDaily(part) !== undefined);
  if (parts.some((part, at) => !isDaily[at] && parseCron(part) === undefined)) {
    return `${invalid}, the value is neither a valid daily expression nor a valid cron expression`;
  }
  return parts.length === 2 && isDaily[0] === isDaily[1]
    ? `${invalid}, the value can not be configured as dailyExpression && dailyExpression or cronExpression && cronExpression`
    : undefined;
}

const dayMs = 86_400_000;

function parseDaily(text: string): Period | undefined {
  const ends = text.split("-").map(parseTimeOfDay);
  const [start, end] = ends;
  if (ends.length !== 2 || start === undefined || end === undefined || start >= end) return undefined;
  return (at) => {
    const time = ((at % dayMs) + dayMs) % dayMs;
    return time >= start && time <= end;
  };
}

/** HH:MM[:SS[:mmm]] in milliseconds. */
function parseTimeOfDay(text: string): number | undefined {
  const parts = text.trim().split(":");
  if (parts.length < 2 || parts.length > 4 || !parts.every((part) => /^\d{1,3}$/.test(part)))
    return undefined;
  const [hours = 0, minutes = 0, seconds = 0, ms = 0] = parts.map(Number);
  const isValid = hours < 24 && minutes < 60 && seconds < 60 && ms < 1_000;
  return isValid ? ((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms : undefined;
}

/** The first and last value of each field, for ranges that go over the end, as 22-2 hours. */
const bounds = [
  [0, 59],
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [1, 7],
] as const;
const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

function parseCron(text: string): Period | undefined {
  const fields = text.toUpperCase().split(/\s+/);
  const [, , , dayOfMonth, , dayOfWeek = ""] = fields;
  if (fields.length < 6 || fields.length > 7 || (dayOfMonth === "?") === (dayOfWeek === "?"))
    return undefined;
  // The library takes 8 for a Sunday, too.
  if (/(^|[^#/\d])8/.test(dayOfWeek)) return undefined;
  try {
    const cron = new Cron(fields.map(withoutOverflow).join(" "), {
      timezone: "UTC",
      paused: true,
      alternativeWeekdays: true,
      domAndDow: true,
      sloppyRanges: true,
    });
    return (at) => cron.match(new Date(Math.floor(at / 1_000) * 1_000));
  } catch {
    return undefined;
  }
}

/** Writes a range that goes over the end of its field as two, because the library has none. */
function withoutOverflow(field: string, place: number): string {
  const [first, last] = bounds[place] ?? [];
  if (first === undefined || last === undefined) return field;
  const names = place === 4 ? months : place === 5 ? days : [];
  const numberOf = (text: string) => (names.includes(text) ? names.indexOf(text) + first : Number(text));
  return field
    .split(",")
    .map((item) => {
      const [, start = "", end = ""] = /^([A-Z]{3}|\d+)-([A-Z]{3}|\d+)$/.exec(item) ?? [];
      if (start === "" || numberOf(start) <= numberOf(end)) return item;
      return `${numberOf(start)}-${last},${first}-${numberOf(end)}`;
    })
    .join(",");
}
