import type { Series } from "../../src/dashboard/contract.ts";

/** Series on one axis of time: all their times in order, and for each series its value at each, or null. */
export function alignSeries(series: readonly Series[]): [number[], ...(number | null)[][]] {
  const times = [...new Set(series.flatMap(({ points }) => points.map(([time]) => time)))].sort(
    (a, b) => a - b,
  );
  const values = series.map(({ points }) => {
    const byTime = new Map(points);
    return times.map((time) => byTime.get(time) ?? null);
  });
  return [times, ...values];
}
