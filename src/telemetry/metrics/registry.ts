/** Counts and measurements in Prometheus' text format (version 0.0.4). Names and labels are given as they are shown. */

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(labels?: Labels, by?: number): void;
}

export interface Histogram {
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

/** What a metric is, said once: what is served and docs/metrics.md derive from it. */
export interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram" | "summary";
  /** The labels of its own that it bears. */
  readonly labels: readonly string[];
}

export interface Registry {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  /** Buckets by their upper bounds, ascending. */
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram;
  /** Quantiles of the last so many values, as Flink's reporter shows a histogram. */
  summary(name: string, help: string, samples: number, labels?: readonly string[]): Histogram;
  /** Asked at each scrape: what nobody looks at costs nothing. */
  gauge(name: string, help: string, read: () => Iterable<Sample>, labels?: readonly string[]): void;
  /** Gauges whose names differ in one part, which stands as `<word>` in the pattern. */
  gauges(pattern: string, help: string, read: () => Iterable<NamedSample>, labels?: readonly string[]): void;
  /** Everything that is measured, and as it is now. */
  families(): Family[];
  /** Everything, as Prometheus reads it. */
  text(): string;
}

/** One value, with the name under which it is served. */
export interface Point {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

export interface Family extends Described {
  points(): Iterable<Point>;
}

/** Those of Flink's reporter. */
const quantiles = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999];

/** `common`: labels that every line bears. */
export function createRegistry(common: Labels = {}): Registry {
  const families = new Map<string, Family>();

  function register(family: Family): void {
    if (families.has(family.name)) throw new Error(`there is a metric ${family.name} already`);
    families.set(family.name, family);
  }

  const point = (name: string, labels: Labels, value: number): Point => ({ name, labels, value });

  /** Of a family whose names differ, the type of each. */
  function* linesOf({ name: family, help, type, points }: Family): Iterable<string> {
    const isOne = !family.includes("<");
    if (isOne) yield* [`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`];
    let before = "";
    for (const { name, labels, value } of points()) {
      if (!isOne && name !== before) yield `# TYPE ${name} ${type}`;
      before = name;
      yield `${name}${labelText({ ...common, ...labels })} ${valueText(value)}`;
    }
  }

  return {
    counter(name, help, labels = []) {
      const counts = new Map<string, { labels: Labels; value: number }>();
      register({
        name,
        help,
        type: "counter",
        labels,
        *points() {
          for (const { labels, value } of counts.values()) yield point(name, labels, value);
        },
      });
      return {
        add(labels = {}, by = 1) {
          const count = of(counts, labels, () => ({ labels, value: 0 }));
          count.value += by;
        },
      };
    },
    histogram(name, help, buckets, labels = []) {
      const series = new Map<string, { labels: Labels; counts: number[]; sum: number; count: number }>();
      register({
        name,
        help,
        type: "histogram",
        labels,
        *points() {
          for (const { labels, counts, sum, count } of series.values()) {
            let below = 0;
            for (const [index, bound] of buckets.entries()) {
              below += counts[index] ?? 0;
              yield point(`${name}_bucket`, { ...labels, le: String(bound) }, below);
            }
            yield point(`${name}_bucket`, { ...labels, le: "+Inf" }, count);
            yield point(`${name}_sum`, labels, sum);
            yield point(`${name}_count`, labels, count);
          }
        },
      });
      return {
        observe(value, labels = {}) {
          const one = of(series, labels, () => ({
            labels,
            counts: buckets.map(() => 0),
            sum: 0,
            count: 0,
          }));
          const bucket = buckets.findIndex((bound) => value <= bound);
          if (bucket >= 0) one.counts[bucket] = (one.counts[bucket] ?? 0) + 1;
          one.sum += value;
          one.count += 1;
        },
      };
    },
    summary(name, help, samples, labels = []) {
      const series = new Map<string, { labels: Labels; last: number[]; at: number; count: number }>();
      register({
        name,
        help,
        type: "summary",
        labels,
        *points() {
          for (const { labels, last, count } of series.values()) {
            const sorted = last.toSorted((a, b) => a - b);
            for (const quantile of quantiles) {
              const value = sorted[Math.ceil(quantile * sorted.length) - 1] ?? 0;
              yield point(name, { ...labels, quantile: String(quantile) }, value);
            }
            yield point(`${name}_count`, labels, count);
          }
        },
      });
      return {
        observe(value, labels = {}) {
          const one = of(series, labels, () => ({ labels, last: [], at: 0, count: 0 }));
          one.last[one.at] = value;
          one.at = (one.at + 1) % samples;
          one.count += 1;
        },
      };
    },
    gauge(name, help, read, labels = []) {
      register({
        name,
        help,
        type: "gauge",
        labels,
        *points() {
          for (const { labels = {}, value } of read()) yield point(name, labels, value);
        },
      });
    },
    gauges(pattern, help, read, labels = []) {
      register({
        name: pattern,
        help,
        type: "gauge",
        labels,
        *points() {
          for (const [part, samples] of Map.groupBy(read(), (sample) => sample.part)) {
            const name = pattern.replace(/<\w+>/, part.replaceAll(/[^a-zA-Z0-9:_]/g, "_"));
            for (const { labels = {}, value } of samples) yield point(name, labels, value);
          }
        },
      });
    },
    families: () => [...families.values()],
    text: () =>
      [...families.values()]
        .flatMap((family) => [...linesOf(family), ""])
        .join("\n")
        .replaceAll(/\n\n+/g, "\n"),
  };
}

function of<Value>(series: Map<string, Value>, labels: Labels, create: () => Value): Value {
  const key = labelText(labels);
  let found = series.get(key);
  if (found === undefined) {
    found = create();
    series.set(key, found);
  }
  return found;
}

function labelText(labels: Labels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return "";
  return `{${entries.map(([name, value]) => `${name}="${escaped(value)}"`).join(",")}}`;
}

const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

const valueText = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
