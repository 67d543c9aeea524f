/**
 * What the operator measures: a prom-client registry, and what prom-client does not have of its own (a declaration of each
 * metric before it has a value, gauges whose names are known at the scrape only, quantiles of the last so many values).
 */
import {
  type Metric,
  Counter as PromCounter,
  Histogram as PromHistogram,
  Registry as PromRegistry,
} from "prom-client";
import type { Labels } from "./labels.ts";
import type { Point } from "./point.ts";
import { Scraped } from "./scraped.ts";
import { createWindow } from "./window.ts";

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

/** A sample of a family whose name has a part that is known at the scrape only. */
export interface NamedSample extends Sample {
  readonly part: string;
}

/** What a metric is, declared once: what is served and docs/metrics.md derive from it. */
export interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram" | "summary";
  /** The labels of its own that it has. */
  readonly labels: readonly string[];
}

export interface Registry {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  /** Buckets by their upper bounds, ascending. */
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram;
  /** Quantiles of the last so many values, as Flink's reporter shows a histogram. */
  summary(name: string, help: string, samples: number, labels?: readonly string[]): Histogram;
  /** Read at each scrape: what nobody scrapes costs nothing. */
  gauge(name: string, help: string, read: () => Iterable<Sample>, labels?: readonly string[]): void;
  /** Gauges whose names differ in one part, which stands as `<word>` in the pattern. */
  gauges(pattern: string, help: string, read: () => Iterable<NamedSample>, labels?: readonly string[]): void;
  /** Everything that can be measured. */
  families(): Described[];
  /** Everything that has a value, as it is now; without the common labels. */
  read(): Promise<MetricValues[]>;
  /** Everything, in Prometheus' text format (version 0.0.4). */
  text(): Promise<string>;
}

/** A metric with its values. */
export interface MetricValues {
  readonly name: string;
  readonly help: string;
  readonly type: Described["type"];
  readonly points: readonly Point[];
}

/** `common`: labels of every series. */
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

  /** Reads one metric after the other: all of them at once are garbage of the old generation. */
  async function each<Read>(read: (name: string) => Promise<Read>): Promise<Read[]> {
    for (const refresh of refreshers) refresh();
    const found: Read[] = [];
    // Another scrape may have removed a gauge that has no value any more.
    for (const { name } of prom.getMetricsAsArray())
      if (prom.getSingleMetric(name) !== undefined) found.push(await read(name));
    return found;
  }

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
      const window = createWindow(name, samples);
      new Scraped({ name, help, labelNames, registers }, "summary", window.points);
      return window;
    },
    gauge(name, help, read, labelNames = []) {
      declare("gauge", name, help, labelNames);
      const points = () => pointsOf(name, read());
      new Scraped({ name, help, labelNames, registers }, "gauge", points);
    },
    gauges(pattern, help, read, labelNames = []) {
      declare("gauge", pattern, help, labelNames);
      let found = new Map<string, NamedSample[]>();
      refreshers.push(() => {
        const before = found;
        found = Map.groupBy(read(), ({ part }) =>
          pattern.replace(/<\w+>/, part.replaceAll(/[^a-zA-Z0-9:_]/g, "_")),
        );
        for (const name of before.keys()) if (!found.has(name)) prom.removeSingleMetric(name);
        for (const name of found.keys()) {
          if (before.has(name)) continue;
          const points = () => pointsOf(name, found.get(name) ?? []);
          new Scraped({ name, help, labelNames, registers }, "gauge", points);
        }
      });
    },
    families: () => [...families.values()],
    read: async () => (await each(async (name) => valuesOf(await prom.getSingleMetric(name)?.get()))).flat(),
    async text() {
      const texts = await each((name) => prom.getSingleMetricAsString(name));
      return texts.map((text) => `${text}\n`).join("");
    },
  };
}

function* pointsOf(name: string, samples: Iterable<Sample>): Iterable<Point> {
  for (const { labels = {}, value } of samples) yield { name, labels, value };
}

type Got = Awaited<ReturnType<Metric["get"]>>;

function valuesOf(got: Got | undefined): MetricValues[] {
  if (got === undefined || got.values.length === 0) return [];
  const { name, help, type, values } = got;
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
