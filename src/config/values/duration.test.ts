import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration, parseMilliseconds } from "./duration.ts";

describe("durations", () => {
  it.each([
    ["60000", 60_000],
    ["10s", 10_000],
    ["10 sec", 10_000],
    ["5 min", 300_000],
    ["1m", 60_000],
    ["2 Hours", 7_200_000],
    ["1 d", 86_400_000],
    ["1500 µs", 1.5],
    ["1 ns", 0.000_001],
    ["-1 min", -60_000],
  ])("reads %j", (text, milliseconds) => expect(parseMilliseconds(text)).toBe(milliseconds));

  it.each(["", "s", "1.5s", "10 parsecs", "PT10S", "1 h 5 min"])("refuses %j", (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ name: "ValueError" }));
  });

  it.each([
    ["300000", "5 min"],
    ["90s", "90 s"],
    ["1500", "1500 ms"],
    ["1h", "1 h"],
    ["1 ns", "1 ns"],
    // As in Flink: a duration that is whole in every unit is in milliseconds.
    ["0", "0 ms"],
    ["1d", "86400000 ms"],
  ])("writes %j as %j, as Flink does", (text, written) => {
    expect(formatDuration(parseDuration(text))).toBe(written);
  });

  it("round-trip", () => {
    const nanos = fc.bigInt({ min: 0n, max: 1n << 62n });
    fc.assert(fc.property(nanos, (duration) => parseDuration(formatDuration(duration)) === duration));
  });
});
