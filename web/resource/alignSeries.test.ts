import { expect, test } from "vitest";
import type { Series } from "../../src/dashboard/contract.ts";
import { alignSeries } from "./alignSeries.ts";

const series = (...points: [number, number | null][]): Series => ({
  metric: "lag",
  label: "",
  unit: "1",
  points,
});

test("times are joined, and what was not measured is null", () => {
  expect(alignSeries([series([1, 10], [3, 30]), series([2, 0], [3, null])])).toEqual([
    [1, 2, 3],
    [10, null, 30],
    [null, 0, null],
  ]);
});
