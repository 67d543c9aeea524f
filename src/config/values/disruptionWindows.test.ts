import { describe, expect, it } from "vitest";
import { parseDisruptionWindows } from "./disruptionWindows.ts";

const at = (time: string): number => Date.parse(time);
const iso = (time: number | undefined) => time && new Date(time).toISOString();
const windowsOf = (schedule: string, duration: string, timeZone = "Etc/UTC") =>
  parseDisruptionWindows(`schedule:'${schedule}',duration:${duration},timeZone:${timeZone}`);

describe("a window", () => {
  const { isOpen, opensAt } = windowsOf("0 2 * * SAT", "4 h");

  it.each([
    ["2026-03-07T01:59:59.999Z", false],
    ["2026-03-07T02:00:00.000Z", true],
    ["2026-03-07T05:59:59.999Z", true],
    ["2026-03-07T06:00:00.000Z", false],
    ["2026-03-08T03:00:00.000Z", false],
  ])("opens at its schedule and closes after its duration (%s: %s)", (time, open) => {
    expect(isOpen(at(time))).toBe(open);
  });

  it("says when it opens next", () => {
    expect(iso(opensAt(at("2026-03-07T01:59:59.999Z")))).toBe("2026-03-07T02:00:00.000Z");
    expect(iso(opensAt(at("2026-03-07T06:00:00.000Z")))).toBe("2026-03-14T02:00:00.000Z");
  });

  it("that is longer than its period is always open", () => {
    const daily = windowsOf("0 2 * * *", "30 h");
    expect(daily.isOpen(at("2026-03-07T01:30:00.000Z"))).toBe(true);
  });
});

it("of several windows, each counts", () => {
  const text = "schedule:0 2 * * *,duration:1 h;schedule:0 14 * * *,duration:1 h,timeZone:Asia/Tokyo";
  const { isOpen, opensAt } = parseDisruptionWindows(text);
  expect(isOpen(at("2026-03-07T02:30:00Z"))).toBe(true);
  expect(isOpen(at("2026-03-07T05:30:00Z"))).toBe(true);
  expect(isOpen(at("2026-03-07T04:30:00Z"))).toBe(false);
  expect(iso(opensAt(at("2026-03-07T04:30:00Z")))).toBe("2026-03-07T05:00:00.000Z");
});

it("is written as a list of maps in YAML, too", () => {
  const text = '[{schedule: "0 2 * * MON,TUE", duration: 1 h, timeZone: Europe/Berlin}]';
  expect(iso(parseDisruptionWindows(text).opensAt(at("2026-03-07T00:00:00Z")))).toBe(
    "2026-03-09T01:00:00.000Z",
  );
});

describe("where the clocks are changed (Europe/Berlin: 29 March and 25 October 2026)", () => {
  it("opens at its local time before and after the change", () => {
    const { opensAt } = windowsOf("0 4 * * *", "1 h", "Europe/Berlin");
    expect(iso(opensAt(at("2026-03-28T00:00:00Z")))).toBe("2026-03-28T03:00:00.000Z");
    expect(iso(opensAt(at("2026-03-29T00:00:00Z")))).toBe("2026-03-29T02:00:00.000Z");
    expect(iso(opensAt(at("2026-10-24T00:00:00Z")))).toBe("2026-10-24T02:00:00.000Z");
    expect(iso(opensAt(at("2026-10-25T00:00:00Z")))).toBe("2026-10-25T03:00:00.000Z");
  });

  it("opens as the clocks change where its local time is left out", () => {
    const { isOpen, opensAt } = windowsOf("30 2 * * *", "1 h", "Europe/Berlin");
    // 02:30 does not exist: the clocks go from 02:00 (01:00 UTC) to 03:00.
    expect(iso(opensAt(at("2026-03-29T00:00:00Z")))).toBe("2026-03-29T01:00:00.000Z");
    expect(isOpen(at("2026-03-29T01:59:00Z"))).toBe(true);
    expect(isOpen(at("2026-03-29T02:00:00Z"))).toBe(false);
  });

  it("opens once, at the first time, where its local time comes twice", () => {
    const { isOpen, opensAt } = windowsOf("30 2 * * *", "30 min", "Europe/Berlin");
    expect(iso(opensAt(at("2026-10-25T00:00:00Z")))).toBe("2026-10-25T00:30:00.000Z");
    expect(isOpen(at("2026-10-25T00:45:00Z"))).toBe(true);
    expect(isOpen(at("2026-10-25T01:45:00Z"))).toBe(false);
    expect(iso(opensAt(at("2026-10-25T00:30:00Z")))).toBe("2026-10-26T01:30:00.000Z");
  });

  it("lasts for its duration across the change", () => {
    const spring = windowsOf("0 1 * * *", "4 h", "Europe/Berlin");
    // From 01:00 (00:00 UTC) to 06:00 local time.
    expect(spring.isOpen(at("2026-03-29T03:59:00Z"))).toBe(true);
    expect(spring.isOpen(at("2026-03-29T04:00:00Z"))).toBe(false);
    const autumn = windowsOf("0 1 * * *", "4 h", "Europe/Berlin");
    // From 01:00 (23:00 UTC) to 04:00 local time.
    expect(autumn.isOpen(at("2026-10-25T02:59:00Z"))).toBe(true);
    expect(autumn.isOpen(at("2026-10-25T03:00:00Z"))).toBe(false);
  });
});

describe("what is wrong is named, with what is right", () => {
  it.each([
    ["", "it names no window"],
    ["schedule:0 2 * * *", "each window needs a schedule and a duration"],
    ["duration:1 h", "each window needs a schedule and a duration"],
    ["cron:0 2 * * *,duration:1 h", '"cron" is none of schedule, duration, timeZone'],
    ["schedule:0 0 2 * * ?,duration:1 h", "must have 5 fields"],
    ["schedule:0 25 * * *,duration:1 h", 'the schedule "0 25 * * *"'],
    ["schedule:0 2 31 2 *,duration:1 h", "never comes: there is no such day"],
    ["schedule:0 2 * * *,duration:soon", '"soon" is not a duration'],
    ["schedule:0 2 * * *,duration:10 s", 'the duration "10 s" must be one minute or more'],
    ["schedule:0 2 * * *,duration:1 h,timeZone:Europe/Belin", '"Europe/Belin" is no time zone'],
    ["0 2 * * *", "is not a map"],
  ])("%s", (text, why) => {
    expect(() => parseDisruptionWindows(text)).toThrow(why);
  });

  it("at most twenty windows", () => {
    const text = Array.from({ length: 21 }, () => "schedule:0 2 * * *,duration:1 h").join(";");
    expect(() => parseDisruptionWindows(text)).toThrow("it has 21 windows, of at most 20");
  });
});
