import type { Labels } from "./labels.ts";
import type { Point } from "./point.ts";

/** Those of Flink's Prometheus reporter. */
const quantiles = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999];

interface Series {
  readonly labels: Labels;
  readonly last: number[];
  /** Where the next value goes. */
  at: number;
  count: number;
}

/**
 * The last `size` values of each series, for a summary. prom-client's own summary estimates the quantiles of a period of time;
 * Flink's histograms look back on values, and an option says on how many (`kubernetes.operator.metrics.histogram.sample.size`).
 */
export function createWindow(name: string, size: number) {
  const series = new Map<string, Series>();
  return {
    observe(value: number, labels: Labels = {}): void {
      const key = JSON.stringify(labels);
      const one = series.get(key) ?? { labels, last: [], at: 0, count: 0 };
      series.set(key, one);
      one.last[one.at] = value;
      one.at = (one.at + 1) % size;
      one.count += 1;
    },
    *points(): Iterable<Point> {
      for (const { labels, last, count } of series.values()) {
        const sorted = last.toSorted((a, b) => a - b);
        for (const quantile of quantiles) {
          const value = sorted[Math.ceil(quantile * sorted.length) - 1] ?? 0;
          yield { name, labels: { ...labels, quantile: String(quantile) }, value };
        }
        yield { name: `${name}_count`, labels, value: count };
      }
    },
  };
}
