/**
 * The registry of the operator's metrics, based on prom-client. Adds what prom-client lacks: a declaration of each metric
 * before it has a value, gauges whose names are known only at the scrape, and quantiles over the last values.
 */
import {
  Gauge,
  Counter as PromCounter,
  Histogram as PromHistogram,
  Registry as PromRegistry,
} from "prom-client";
import type { Labels } from "./labels.ts";
import { WindowSummary } from "./windowSummary.ts";

export interface Counter {
  /** Throws where a label was not declared. */
  add(labels?: Labels, by?: number): void;
}

export interface Histogram {
  /** Throws where a label was not declared. */
  observe(value: number, labels?: Labels): void;
}

export interface Sample {
  readonly value: number;
  readonly labels?: Labels;
}

/** A sample of a family whose name has a part that is known only at the scrape. */
export interface NamedSample extends Sample {
  readonly part: string;
}

/** The declaration of a metric, from which the served metrics and docs/metrics.md are derived. */
export interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram" | "summary";
  /** The names of its own labels. */
  readonly labels: readonly string[];
}

export interface Registry {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  /** Buckets by their upper bounds, ascending. */
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram;
  /** Quantiles over the last values, as in the histograms of Flink's reporter. */
  summary(name: string, help: string, samples: number, labels?: readonly string[]): Histogram;
  /** Read only at a scrape. */
  gauge(name: string, help: string, read: () => Iterable<Sample>, labels?: readonly string[]): void;
  /** Gauges whose names differ in one part, which is `<word>` in the pattern. */
  gauges(pattern: string, help: string, read: () => Iterable<NamedSample>, labels?: readonly string[]): void;
  /** The declarations of all metrics. */
  families(): Described[];
  /** The current values of all metrics, without the common labels. */
  measure(): Promise<Measured[]>;
  /** All metrics, in Prometheus' text format (version 0.0.4). */
  text(): Promise<string>;
}

/** A metric with its values. */
export interface Measured {
  readonly name: string;
  readonly help: string;
  readonly type: Described["type"];
  readonly points: readonly Point[];
}

/** One value with its served name, which has a suffix for histograms and summaries. */
export interface Point {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** `common`: the labels of every series. */
export function createRegistry(common: Labels = {}): Registry {
  const prom = new PromRegistry();
  prom.setDefaultLabels(common);
  const registers = [prom];
  const families = new Map<string, Described>();
  const refreshers: (() => void)[] = [];

  function declare(type: Described["type"], name: string, help: string, labels: readonly string[]): void {
    if (families.has(name)) throw new Error(`there is a metric ${name} already`);
    families.set(name, { name, help, type, labels });
  }

  const refresh = (): void => {
    for (const each of refreshers) each();
  };

  return {
    counter(name, help, labelNames = []) {
      declare("counter", name, help, labelNames);
      const counter = new PromCounter({ name, help, labelNames, registers });
      return { add: (labels = {}, by = 1) => counter.inc(labels, by) };
    },
    histogram(name, help, buckets, labelNames = []) {
      declare("histogram", name, help, labelNames);
      const histogram = new PromHistogram({ name, help, labelNames, buckets: [...buckets], registers });
      return { observe: (value, labels = {}) => histogram.observe(labels, value) };
    },
    summary(name, help, samples, labelNames = []) {
      declare("summary", name, help, labelNames);
      return new WindowSummary({ name, help, labelNames, registers }, samples);
    },
    gauge(name, help, read, labelNames = []) {
      declare("gauge", name, help, labelNames);
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect() {
          setAll(this, read());
        },
      });
    },
    gauges(pattern, help, read, labelNames = []) {
      declare("gauge", pattern, help, labelNames);
      const known = new Map<string, Gauge>();
      refreshers.push(() => {
        const found = Map.groupBy(read(), ({ part }) =>
          pattern.replace(/<\w+>/, part.replaceAll(/[^a-zA-Z0-9:_]/g, "_")),
        );
        for (const name of known.keys())
          if (!found.has(name)) {
            prom.removeSingleMetric(name);
            known.delete(name);
          }
        for (const [name, samples] of found) {
          const gauge = known.get(name) ?? new Gauge({ name, help, labelNames, registers });
          known.set(name, gauge);
          setAll(gauge, samples);
        }
      });
    },
    families: () => [...families.values()],
    async measure() {
      refresh();
      const all = prom.getMetricsAsArray().map(({ name }) => prom.getSingleMetric(name)?.get());
      return (await Promise.all(all)).flatMap((each) => (each === undefined ? [] : measured(each)));
    },
    async text() {
      refresh();
      return prom.metrics();
    },
  };
}

function setAll(gauge: Gauge, samples: Iterable<Sample>): void {
  gauge.reset();
  for (const { labels = {}, value } of samples) gauge.set(labels, value);
}

type Got = Awaited<ReturnType<Gauge["get"]>>;

function measured({ name, help, type, values }: Got): Measured[] {
  if (values.length === 0) return [];
  const points = values.map(
    ({ labels, value, ...more }: Got["values"][number] & { metricName?: string }) => ({
      name: more.metricName ?? name,
      labels: Object.fromEntries(Object.entries(labels).map(([label, each]) => [label, String(each)])),
      value,
    }),
  );
  // A string, whatever its declaration says.
  return [{ name, help, type: type as unknown as Described["type"], points }];
}
