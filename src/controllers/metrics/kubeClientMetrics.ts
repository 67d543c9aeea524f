import type { RequestRecord } from "../../kube/transport.ts";
import type { NamedSample, Registry } from "../../telemetry/metrics/registry.ts";

export interface KubeClientMetricsOptions {
  readonly registry: Registry;
  readonly samples: number;
  /** A request that takes longer is slow, in milliseconds. */
  readonly slowMs: number;
  /** Whether responses are counted by class (2xx) and not by status code. */
  readonly groups: boolean;
  now(): number;
}

/** The time window of the Java operator's rates. */
const windowMs = 60_000;

/** Requests to the API server under the names of the Java operator's client (REFERENCE 1.27). */
export function createKubeClientMetrics(options: KubeClientMetricsOptions): (record: RequestRecord) => void {
  const { registry, now } = options;
  const counts = new Map<string, number>();
  /** By name: earlier counts, with their times, from which the rate is computed. */
  const marks = new Map<string, { at: number; count: number }[]>();
  const began = now();
  const count = (part: string) => counts.set(part, (counts.get(part) ?? 0) + 1);
  const seconds = registry.summary(
    "flink_k8soperator_KubeClient_HttpResponse_TimeNanos",
    "How long answers of the API server took, in nanoseconds.",
    options.samples,
  );
  registry.gauges(
    "flink_k8soperator_KubeClient_<what>_Count",
    "Requests to the API server: HttpRequest, …_Failed, …_Slow, …_METHOD; answers: HttpResponse, …_CODE or …_Nxx.",
    () => [...counts].map(([part, value]) => ({ part, value })),
  );
  registry.gauges(
    "flink_k8soperator_KubeClient_<what>_NumPerSecond",
    "The same, per second over the last minute or since the look before.",
    () => [...counts].map(([part, value]): NamedSample => ({ part, value: rate(part, value) })),
  );

  function rate(part: string, value: number): number {
    const known = marks.get(part) ?? [{ at: began, count: 0 }];
    const recent = known.filter((mark) => now() - mark.at <= windowMs);
    const from = known[known.length - recent.length - 1] ?? known[0] ?? { at: began, count: 0 };
    marks.set(part, [from, ...recent.slice(-8), { at: now(), count: value }]);
    return now() > from.at ? ((value - from.count) * 1_000) / (now() - from.at) : 0;
  }

  return ({ method, status, durationMs }) => {
    count("HttpRequest");
    count(`HttpRequest_${method}`);
    if (durationMs > options.slowMs) count("HttpRequest_Slow");
    if (status === 0) return void count("HttpRequest_Failed");
    seconds.observe(durationMs * 1e6);
    count("HttpResponse");
    count(`HttpResponse_${options.groups ? `${Math.floor(status / 100)}xx` : status}`);
  };
}
