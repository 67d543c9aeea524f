/**
 * Metrics for an OpenTelemetry collector: OTLP over HTTP, encoded by OpenTelemetry's own packages. Loaded only where the export
 * is configured.
 */
import { ValueType } from "@opentelemetry/api";
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import {
  AggregationTemporality,
  DataPointType,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import type { Logger } from "../log.ts";
import type { Labels } from "./labels.ts";
import type { OtlpProtocol, OtlpSettings } from "./otlpSettings.ts";
import type { Point } from "./point.ts";
import type { MetricValues, Registry } from "./registry.ts";

export interface OtlpExporter {
  /** Sends once more what there is, and then nothing. */
  stop(): Promise<void>;
}

const encodings: Record<
  OtlpProtocol,
  { type: string; encode(metrics: ResourceMetrics): Uint8Array | undefined }
> = {
  "http/protobuf": { type: "application/x-protobuf", encode: ProtobufMetricsSerializer.serializeRequest },
  "http/json": { type: "application/json", encode: JsonMetricsSerializer.serializeRequest },
};

/** Counts since `since`; times are in milliseconds since the epoch. */
export function buildExport(
  metrics: readonly MetricValues[],
  resource: Labels,
  since: number,
  now: number,
): ResourceMetrics {
  const times = { startTime: hrTime(since), endTime: hrTime(now) };
  return {
    // An encoder reads a resource's attributes only; the package that makes one brings what detects them on every platform.
    resource: { attributes: { ...resource } } as ResourceMetrics["resource"],
    scopeMetrics: [
      {
        scope: { name: "flink-kubernetes-operator" },
        metrics: metrics.flatMap((each) => metricsOf(each, times)),
      },
    ],
  };
}

interface Times {
  readonly startTime: [number, number];
  readonly endTime: [number, number];
}

const hrTime = (ms: number): [number, number] => [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000];

function metricsOf({ name, help, type, points }: MetricValues, times: Times): MetricData[] {
  const descriptor = { name, description: help, unit: "", valueType: ValueType.DOUBLE };
  const aggregationTemporality = AggregationTemporality.CUMULATIVE;
  switch (type) {
    case "histogram": {
      const dataPointType = DataPointType.HISTOGRAM;
      return [{ descriptor, aggregationTemporality, dataPointType, dataPoints: histogramsOf(points, times) }];
    }
    case "counter": {
      const sum = { dataPointType: DataPointType.SUM as const, isMonotonic: true };
      return [{ descriptor, aggregationTemporality, ...sum, dataPoints: numbers(points, times) }];
    }
    // OpenTelemetry's packages have no summaries: their quantiles are gauges, and so are their counts.
    case "summary":
    case "gauge":
      return [...Map.groupBy(points, (point) => point.name)].map(([each, some]) => ({
        descriptor: { ...descriptor, name: each },
        aggregationTemporality,
        dataPointType: DataPointType.GAUGE,
        dataPoints: numbers(some, times),
      }));
  }
}

const numbers = (points: readonly Point[], times: Times) =>
  points.map(({ labels, value }) => ({ attributes: { ...labels }, value, ...times }));

/** Prometheus' buckets count everything below their bound, OpenTelemetry's what is between two. */
function histogramsOf(points: readonly Point[], times: Times) {
  const series = Map.groupBy(points, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels));
  return [...series].map(([labels, some]) => {
    const buckets = some.filter(({ name }) => name.endsWith("_bucket"));
    const ending = (suffix: string) => some.find(({ name }) => name.endsWith(suffix))?.value ?? 0;
    const value: Histogram = {
      count: ending("_count"),
      sum: ending("_sum"),
      buckets: {
        boundaries: buckets.slice(0, -1).map(({ labels: { le } }) => Number(le)),
        counts: buckets.map((bucket, index) => bucket.value - (buckets[index - 1]?.value ?? 0)),
      },
    };
    return { attributes: JSON.parse(labels) as Labels, value, ...times };
  });
}

/** Exports at the interval. An export that fails is reported once, until one succeeds again. */
export function startOtlpExport(registry: Registry, settings: OtlpSettings, log: Logger): OtlpExporter {
  const { url, protocol, headers, resource } = settings;
  const { type, encode } = encodings[protocol];
  const since = Date.now();
  let failing = false;

  async function send(): Promise<void> {
    try {
      const metrics = await registry.read();
      const body = encode(buildExport(metrics, resource, since, Date.now())) ?? new Uint8Array();
      const answer = await fetch(url, {
        method: "POST",
        headers: { ...headers, "content-type": type },
        body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
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
