import { describe, expect, it } from "vitest";
import { parseSchedule, type Schedule } from "./schedule.ts";
import { ValueError } from "./valueError.ts";

const at = (time: string): number => Date.parse(`${time}Z`);
const schedule = (text: string): Schedule => {
  const parsed = parseSchedule(text);
  if (parsed === undefined) throw new Error(`${text} is off`);
  return parsed;
};
const iso = (time: number | undefined) => time && new Date(time).toISOString().replace(".000Z", "");

it.each(["", "  ", "0", "0 s", "-1 s"])("%j is off", (text) => {
  expect(parseSchedule(text)).toBeUndefined();
});

describe("an interval", () => {
  const { dueAt, nextAt } = schedule("10 min");
  const minutes = (count: number) => count * 60_000;

  it("is due once after a period, at the end of the newest period", () => {
    expect(dueAt(0, minutes(10) - 1)).toBeUndefined();
    expect(dueAt(0, minutes(10))).toBe(minutes(10));
    expect(dueAt(0, minutes(35))).toBe(minutes(30));
  });

  it("is next due at the end of the current period", () => {
    expect(nextAt(0, 1)).toBe(minutes(10));
    expect(nextAt(0, minutes(10))).toBe(minutes(20));
  });

  it("does not depend on the time of the call", () => {
    expect(dueAt(0, minutes(12))).toBe(dueAt(0, minutes(19)));
  });
});

// Expected times by Quartz's own documentation of its expressions.
it.each([
  ["0 0 12 * * ?", "2026-11-25T12:00:00"],
  ["0 15 10 ? * MON-FRI", "2026-11-25T10:15:00"],
  ["0 0/5 14,18 * * ?", "2026-11-25T14:00:00"],
  ["0 15 10 15 * ?", "2026-12-15T10:15:00"],
  ["0 15 10 L * ?", "2026-11-30T10:15:00"],
  ["0 15 10 LW * ?", "2026-11-30T10:15:00"],
  ["0 15 10 15W * ?", "2026-12-15T10:15:00"],
  ["0 15 10 ? * 6L", "2026-11-27T10:15:00"],
  ["0 15 10 ? * 6#3", "2026-12-18T10:15:00"],
  ["0 0 0 ? * 1", "2026-11-29T00:00:00"],
  ["0 15 10 ? * 6L 2027-2028", "2027-01-29T10:15:00"],
  ["0 0 12 1/5 * ?", "2026-11-26T12:00:00"],
  ["*/10 * * * * ?", "2026-11-25T00:00:10"],
])("%s: next at %s", (text, next) => {
  expect(iso(schedule(text).nextAt(0, at("2026-11-25T00:00:00")))).toBe(next);
});

describe("a cron expression", () => {
  const noon = at("2026-11-25T12:00:00");
  const { dueAt } = schedule("0 0 12 * * ?");

  it("is due once from its time on", () => {
    expect(dueAt(noon - 1, noon - 1)).toBeUndefined();
    expect(dueAt(noon - 1, noon)).toBe(noon);
    expect(dueAt(noon - 1, noon + 999)).toBe(noon);
    expect(dueAt(noon, noon + 60_000)).toBeUndefined();
  });

  it("that was missed several times is due once, at the newest of its times", () => {
    expect(dueAt(at("2026-11-01T00:00:00"), noon + 5_000)).toBe(noon);
  });

  it("in the past is not due any more, and has no next time", () => {
    const past = schedule("0 0 12 1 1 ? 2020");
    expect(past.nextAt(0, noon)).toBeUndefined();
    expect(past.dueAt(at("2026-01-01T00:00:00"), noon)).toBeUndefined();
  });
});

it.each([
  ["every day", "is neither a duration (10 min) nor a Quartz cron expression"],
  ["* * * * *", "has 6 or 7 fields (seconds, minutes, hours, day of month, month, day of week, year), not 5"],
  ["0 0 12 * * *", "exactly one of day of month and day of week must be ?"],
  ["0 0 12 ? * ?", "exactly one of day of month and day of week must be ?"],
  ["0 0 25 * * ?", "hour"],
  ["0 0 12 L-3 * ?", "L-3"],
  ["0 0 12 30 2 ?", "never fires"],
])("%j is refused", (text, words) => {
  expect(() => parseSchedule(text)).toThrow(ValueError);
  expect(() => parseSchedule(text)).toThrow(words);
});
