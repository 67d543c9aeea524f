import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { lifecycleStates } from "../../api/v1beta1/commonStatus.ts";
import {
  asFlinkDeployment,
  type FlinkDeployment,
  jobManagerDeploymentStatuses,
} from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import type { NamedSample, Registry, Sample } from "../../telemetry/metrics/registry.ts";

const prefix = "flink_k8soperator_namespace";
const own = ["resourcens", "resourcetype"];

/** How many FlinkDeployments are in which state, of which version, using how much: by the Java operator's names. */
export function measureResources(
  registry: Registry,
  config: FlinkConfig,
  resources: () => Iterable<KubeObject>,
): void {
  /** A sum over the resources of each namespace, also where it is nothing. */
  const gauge = (name: string, help: string, amount: (resource: FlinkDeployment) => number) =>
    registry.gauge(`${prefix}_${name}`, help, () => sums(resources(), amount), own);
  const count = (name: string, help: string, isCounted: (resource: FlinkDeployment) => boolean) =>
    gauge(name, help, (resource) => (isCounted(resource) ? 1 : 0));
  const info = (key: string) => (resource: FlinkDeployment) =>
    Number.parseFloat(resource.status?.clusterInfo?.[key] ?? "0") || 0;

  if (config.get(operatorOptions.resourceMetrics)) {
    count("Count", "FlinkDeployments.", () => true);
    for (const state of jobManagerDeploymentStatuses) {
      count(
        `JmDeploymentStatus_${state}_Count`,
        `FlinkDeployments whose JobManager is ${state}.`,
        ({ status }) => (status?.jobManagerDeploymentStatus ?? "MISSING") === state,
      );
    }
    for (const [name, versionOf] of [
      ["FlinkVersion", versionTold],
      ["FlinkMinorVersion", minorVersion],
    ] as const) {
      registry.gauges(
        `${prefix}_${name}_<version>_Count`,
        "FlinkDeployments by the version that their JobManager told; UNKNOWN: none yet.",
        () => byVersion(resources(), versionOf),
        own,
      );
    }
    gauge("ResourceUsage_Cpu", "CPU cores that their clusters ask for.", info("total-cpu"));
    gauge("ResourceUsage_Memory", "Bytes of memory that they ask for.", info("total-memory"));
    gauge("ResourceUsage_StateSize", "Bytes of state in their newest checkpoints.", info("state-size"));
  }
  if (config.get(operatorOptions.lifecycleMetrics)) {
    for (const state of lifecycleStates) {
      count(
        `Lifecycle_State_${state}_Count`,
        `FlinkDeployments that are ${state}.`,
        ({ status }) => (status?.lifecycleState ?? "CREATED") === state,
      );
    }
  }
  if (config.get(operatorOptions.perResourceMetrics)) {
    registry.gauge(
      "flink_operator_resource_state",
      "1 for each FlinkDeployment, with its state: as many series as there are resources.",
      () => [...resources()].map(stateOf),
      ["resourcens", "resourcename", "resourcetype", "state"],
    );
  }
}

const resourcetype = resourceTypes.flinkDeployment.kind;

function stateOf(resource: KubeObject): Sample {
  const { metadata, status } = asFlinkDeployment(resource);
  const state = status?.lifecycleState ?? "CREATED";
  const labels = { resourcens: metadata.namespace ?? "", resourcename: metadata.name, resourcetype, state };
  return { labels, value: 1 };
}

function sums(resources: Iterable<KubeObject>, amount: (resource: FlinkDeployment) => number): Sample[] {
  const found = new Map<string, number>();
  for (const resource of resources) {
    const namespace = resource.metadata.namespace ?? "";
    found.set(namespace, (found.get(namespace) ?? 0) + amount(asFlinkDeployment(resource)));
  }
  return [...found].map(([resourcens, value]) => ({ labels: { resourcens, resourcetype }, value }));
}

const versionTold = ({ status }: FlinkDeployment): string =>
  status?.clusterInfo?.["flink-version"] || "UNKNOWN";

function minorVersion(resource: FlinkDeployment): string {
  const version = versionTold(resource);
  return version === "UNKNOWN" ? version : (/^\d+\.\d+/.exec(version)?.[0] ?? "MALFORMED");
}

function byVersion(
  resources: Iterable<KubeObject>,
  versionOf: (resource: FlinkDeployment) => string,
): NamedSample[] {
  const versions = Map.groupBy([...resources].map(asFlinkDeployment), versionOf);
  return [...versions].flatMap(([part, some]) => sums(some, () => 1).map((sample) => ({ part, ...sample })));
}
