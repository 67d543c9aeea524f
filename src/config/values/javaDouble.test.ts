import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatJavaDouble } from "./javaDouble.ts";

describe("Java doubles", () => {
  it.each([
    [1, "1.0"],
    [0.5, "0.5"],
    [0, "0.0"],
    [-0, "-0.0"],
    [-2.25, "-2.25"],
    [1e10, "1.0E10"],
    [1.5e7, "1.5E7"],
    [9999999, "9999999.0"],
    [0.001, "0.001"],
    [0.00001, "1.0E-5"],
    [1 / 3, "0.3333333333333333"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
  ])("writes %d", (value, text) => expect(formatJavaDouble(value)).toBe(text));

  it("keep their value as text", () => {
    const doubles = fc.double({ noNaN: true });
    fc.assert(fc.property(doubles, (value) => Object.is(Number(formatJavaDouble(value)), value)));
  });
});
