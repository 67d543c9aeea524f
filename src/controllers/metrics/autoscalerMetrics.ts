import { gaugesOf } from "../../core/autoscaler/gauges.ts";
import type { NamedSample, Registry, Sample } from "../../telemetry/metrics/registry.ts";
import type { MeasuredAutoscaler } from "../autoscaler/autoscaler.ts";

const prefix = "flink_k8soperator_namespace_resource_AutoScaler";
const own = ["resourcens", "resourcename", "resourcetype"];

/** What the autoscaler has counted and evaluated of each job, under the names of the Java operator (REFERENCE 1.27). */
export function measureAutoscaler(registry: Registry, measured: () => Iterable<MeasuredAutoscaler>): void {
  const count = (name: keyof MeasuredAutoscaler["memory"]["counters"], help: string) =>
    registry.gauge(
      `${prefix}_${name}`,
      help,
      () =>
        [...measured()].map(
          (each): Sample => ({
            value: each.memory.counters[name],
            labels: labelsOf(each),
          }),
        ),
      own,
    );
  count("scalings", "Cycles of an autoscaled job that scaled it, since the operator began to act.");
  count("balanced", "Cycles in which nothing was to be scaled, or something was against it.");
  count("errors", "Cycles that ended with an AutoscalerError.");
  registry.gauges(
    `${prefix}_jobVertexID_<metric>`,
    "What was last evaluated of a vertex of an autoscaled job that runs; no series where there is no value.",
    () => [...measured()].flatMap(vertexSamples),
    [...own, "jobVertexID"],
  );
}

const labelsOf = ({ namespace, name, kind }: MeasuredAutoscaler) => ({
  resourcens: namespace,
  resourcename: name,
  resourcetype: kind,
});

function vertexSamples(each: MeasuredAutoscaler): NamedSample[] {
  const { evaluated } = each.memory;
  if (evaluated === undefined) return [];
  return gaugesOf(evaluated)
    .filter(({ value }) => !Number.isNaN(value))
    .map(({ vertex, metric, kind, value }) => ({
      part: `${metric}_${kind}`,
      value,
      labels: { ...labelsOf(each), jobVertexID: vertex },
    }));
}
