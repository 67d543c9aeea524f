/** Metrics for an OpenTelemetry collector: OTLP over HTTP, as JSON. Loaded where it is asked for only. */

import type { Logger } from "../log.ts";
import type { Family, Labels, Point, Registry } from "./registry.ts";

export interface OtlpSettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly resource: Labels;
}

export interface OtlpExporter {
  /** Sends what there is once more, and then nothing. */
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** By OpenTelemetry's own environment variables; undefined where none asks for it. */
export function otlpSettings(env: Environment, common: Labels): OtlpSettings | undefined {
  if (env.OTEL_SDK_DISABLED === "true" || env.OTEL_METRICS_EXPORTER !== "otlp") return undefined;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT ?? "http://localhost:4318";
  const headers = env.OTEL_EXPORTER_OTLP_METRICS_HEADERS ?? env.OTEL_EXPORTER_OTLP_HEADERS ?? "";
  return {
    url: env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT ?? `${base.replace(/\/+$/, "")}/v1/metrics`,
    headers: pairs(headers),
    intervalMs: positive("OTEL_METRIC_EXPORT_INTERVAL", env, 60_000),
    timeoutMs: positive("OTEL_METRIC_EXPORT_TIMEOUT", env, 30_000),
    resource: {
      "service.name": env.OTEL_SERVICE_NAME ?? "flink-kubernetes-operator",
      ...common,
      ...pairs(env.OTEL_RESOURCE_ATTRIBUTES ?? ""),
    },
  };
}

function positive(name: string, env: Environment, byDefault: number): number {
  const text = env[name];
  if (text === undefined || text === "") return byDefault;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${name} is "${text}"; it is a number of milliseconds, such as ${byDefault}`);
}

/** "a=b,c=d", its values percent-encoded. */
const pairs = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(",").flatMap((pair) => {
      const at = pair.indexOf("=");
      return at < 1 ? [] : [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]];
    }),
  );

const attributes = (labels: Labels) =>
  Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: value } }));

const without = (labels: Labels, name: string): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([label]) => label !== name));

/** The request of an export. Times are in milliseconds since the epoch. */
export function buildExport(registry: Registry, resource: Labels, since: number, now: number): object {
  const time = { startTimeUnixNano: `${since}000000`, timeUnixNano: `${now}000000` };
  const numbers = (points: readonly Point[]) =>
    points.map(({ labels, value }) => ({ attributes: attributes(labels), asDouble: value, ...time }));

  function metricsOf({ type, help: description, points }: Family): object[] {
    if (type === "histogram") return [histogramOf([...points()], description)];
    const byName = Map.groupBy(points(), ({ name }) => name);
    return [...byName].map(([name, some]) => ({
      name,
      description,
      ...(type === "counter"
        ? { sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: numbers(some) } }
        : { gauge: { dataPoints: numbers(some) } }),
    }));
  }

  function histogramOf(points: readonly Point[], description: string): object {
    const ending = (suffix: string) => points.filter(({ name }) => name.endsWith(suffix));
    const series = Map.groupBy(points, ({ labels }) => JSON.stringify(without(labels, "le")));
    const dataPoints = [...series].map(([key, some]) => {
      const buckets = some.filter(({ labels }) => labels.le !== undefined);
      return {
        attributes: attributes(JSON.parse(key) as Labels),
        ...time,
        count: String(some.find(({ name }) => name.endsWith("_count"))?.value ?? 0),
        sum: some.find(({ name }) => name.endsWith("_sum"))?.value ?? 0,
        explicitBounds: buckets.slice(0, -1).map(({ labels }) => Number(labels.le)),
        bucketCounts: buckets.map(({ value }, index) => String(value - (buckets[index - 1]?.value ?? 0))),
      };
    });
    const name = ending("_count")[0]?.name.replace(/_count$/, "") ?? "";
    return { name, description, histogram: { aggregationTemporality: 2, dataPoints } };
  }

  const metrics = registry
    .families()
    .filter(({ points }) => !points()[Symbol.iterator]().next().done)
    .flatMap(metricsOf);
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributes(resource) },
        scopeMetrics: [{ scope: { name: "flink-kubernetes-operator" }, metrics }],
      },
    ],
  };
}

/** Exports at the interval. What cannot be sent is told once, until it can again. */
export function startOtlpExport(registry: Registry, settings: OtlpSettings, log: Logger): OtlpExporter {
  const since = Date.now();
  let failing = false;

  async function send(): Promise<void> {
    try {
      const answer = await fetch(settings.url, {
        method: "POST",
        headers: { ...settings.headers, "content-type": "application/json" },
        body: JSON.stringify(buildExport(registry, settings.resource, since, Date.now())),
        signal: AbortSignal.timeout(settings.timeoutMs),
      });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`the collector answers ${answer.status}`);
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ error }, "Metrics cannot be exported to the OpenTelemetry collector");
      failing = true;
    }
  }

  const timer = setInterval(() => void send(), settings.intervalMs).unref();
  return {
    stop() {
      clearInterval(timer);
      return send();
    },
  };
}
