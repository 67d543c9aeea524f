import { Gauge, type GaugeConfiguration } from "prom-client";
import type { Labels } from "./labels.ts";

/** The quantiles of Flink's Prometheus reporter. */
const quantiles = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999];

interface Window {
  readonly labels: Labels;
  readonly last: number[];
  /** The index of the next value. */
  at: number;
  count: number;
}

/**
 * Quantiles over the last `size` values of each series, and the count of all values. prom-client's own summary estimates
 * quantiles over a period of time. Flink's histograms cover a number of values
 * (`kubernetes.operator.metrics.histogram.sample.size`). Extends Gauge, the simplest metric of prom-client.
 */
export class WindowSummary extends Gauge {
  readonly type = "summary";
  readonly #name: string;
  readonly #size: number;
  readonly #windows = new Map<string, Window>();

  constructor(configuration: GaugeConfiguration<string>, size: number) {
    super(configuration);
    this.#name = configuration.name;
    this.#size = size;
  }

  observe(value: number, labels: Labels = {}): void {
    const key = JSON.stringify(labels);
    const window = this.#windows.get(key) ?? { labels, last: [], at: 0, count: 0 };
    this.#windows.set(key, window);
    window.last[window.at] = value;
    window.at = (window.at + 1) % this.#size;
    window.count += 1;
  }

  override async get() {
    const values = [...this.#windows.values()].flatMap(({ labels, last, count }) => {
      const sorted = last.toSorted((a, b) => a - b);
      const points = quantiles.map((quantile) => ({
        metricName: this.#name,
        labels: { ...labels, quantile },
        value: sorted[Math.ceil(quantile * sorted.length) - 1] ?? 0,
      }));
      return [...points, { metricName: `${this.#name}_count`, labels, value: count }];
    });
    return { ...(await super.get()), values };
  }
}
