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

export interface Registry {
  counter(name: string, help: string): Counter;
  /** Buckets by their upper bounds, ascending. */
  histogram(name: string, help: string, buckets: readonly number[]): Histogram;
  /** Asked at each scrape: what nobody looks at costs nothing. */
  gauge(name: string, help: string, read: () => Iterable<Sample>): void;
  /** Everything, as Prometheus reads it. */
  text(): string;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  lines(): Iterable<string>;
}

/** `common`: labels that every line bears. */
export function createRegistry(common: Labels = {}): Registry {
  const families = new Map<string, Family>();

  function register(family: Family): void {
    if (families.has(family.name)) throw new Error(`there is a metric ${family.name} already`);
    families.set(family.name, family);
  }

  const line = (name: string, labels: Labels, value: number): string =>
    `${name}${labelText({ ...common, ...labels })} ${valueText(value)}`;

  return {
    counter(name, help) {
      const counts = new Map<string, { labels: Labels; value: number }>();
      register({
        name,
        help,
        type: "counter",
        *lines() {
          for (const { labels, value } of counts.values()) yield line(name, labels, value);
        },
      });
      return {
        add(labels = {}, by = 1) {
          const count = of(counts, labels, () => ({ labels, value: 0 }));
          count.value += by;
        },
      };
    },
    histogram(name, help, buckets) {
      const series = new Map<string, { labels: Labels; counts: number[]; sum: number; count: number }>();
      register({
        name,
        help,
        type: "histogram",
        *lines() {
          for (const { labels, counts, sum, count } of series.values()) {
            let below = 0;
            for (const [index, bound] of buckets.entries()) {
              below += counts[index] ?? 0;
              yield line(`${name}_bucket`, { ...labels, le: String(bound) }, below);
            }
            yield line(`${name}_bucket`, { ...labels, le: "+Inf" }, count);
            yield line(`${name}_sum`, labels, sum);
            yield line(`${name}_count`, labels, count);
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
    gauge(name, help, read) {
      register({
        name,
        help,
        type: "gauge",
        *lines() {
          for (const { labels = {}, value } of read()) yield line(name, labels, value);
        },
      });
    },
    text: () =>
      [...families.values()]
        .map(({ name, help, type, lines }) =>
          [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines(), ""].join("\n"),
        )
        .join(""),
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
