import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { type LifecycleState, lifecycleStates } from "../../api/v1beta1/commonStatus.ts";
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

/** Returns the current resources of one kind. */
type ResourceSource = () => Iterable<KubeObject>;

/**
 * FlinkDeployments by state, version and resource usage, and FlinkSessionJobs by state, under the names of the Java
 * operator.
 */
export function measureResources(
  registry: Registry,
  config: FlinkConfig,
  resources: ResourceSource,
  sessionJobs: ResourceSource,
): void {
  const kinds: readonly (readonly [string, ResourceSource])[] = [
    [resourceTypes.flinkDeployment.kind, resources],
    [resourceTypes.flinkSessionJob.kind, sessionJobs],
  ];
  const countEach = (name: string, help: string, isCounted: (resource: KubeObject) => boolean) =>
    registry.gauge(
      `${prefix}_${name}`,
      help,
      () => kinds.flatMap(([kind, source]) => sums(kind, source(), (each) => (isCounted(each) ? 1 : 0))),
      own,
    );
  /** A sum over the resources of each namespace, even if it is 0. */
  const gauge = (name: string, help: string, amount: (resource: FlinkDeployment) => number) =>
    registry.gauge(
      `${prefix}_${name}`,
      help,
      () => sums(deployments, resources(), (each) => amount(asFlinkDeployment(each))),
      own,
    );
  const count = (name: string, help: string, isCounted: (resource: FlinkDeployment) => boolean) =>
    gauge(name, help, (resource) => (isCounted(resource) ? 1 : 0));
  const info = (key: string) => (resource: FlinkDeployment) =>
    Number.parseFloat(resource.status?.clusterInfo?.[key] ?? "0") || 0;

  if (config.get(operatorOptions.resourceMetrics)) {
    countEach("Count", "FlinkDeployments and FlinkSessionJobs.", () => true);
    for (const state of jobManagerDeploymentStatuses) {
      count(
        `JmDeploymentStatus_${state}_Count`,
        `FlinkDeployments whose JobManager is ${state}.`,
        ({ status }) => (status?.jobManagerDeploymentStatus ?? "MISSING") === state,
      );
    }
    for (const [name, versionOf] of [
      ["FlinkVersion", flinkVersionOf],
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
      countEach(
        `Lifecycle_State_${state}_Count`,
        `FlinkDeployments and FlinkSessionJobs that are ${state}.`,
        (each) => lifecycleStateOf(each) === state,
      );
    }
  }
  if (config.get(operatorOptions.perResourceMetrics)) {
    registry.gauge(
      "flink_operator_resource_state",
      "1 for each FlinkDeployment and FlinkSessionJob, with its state: as many series as there are resources.",
      () => kinds.flatMap(([kind, source]) => [...source()].map((each) => stateOf(kind, each))),
      ["resourcens", "resourcename", "resourcetype", "state"],
    );
  }
}

const deployments = resourceTypes.flinkDeployment.kind;

const lifecycleStateOf = ({ status }: KubeObject): LifecycleState =>
  (status as { lifecycleState?: LifecycleState } | undefined)?.lifecycleState ?? "CREATED";

function stateOf(resourcetype: string, resource: KubeObject): Sample {
  const { metadata } = resource;
  const state = lifecycleStateOf(resource);
  const labels = { resourcens: metadata.namespace ?? "", resourcename: metadata.name, resourcetype, state };
  return { labels, value: 1 };
}

function sums(
  resourcetype: string,
  resources: Iterable<KubeObject>,
  amount: (resource: KubeObject) => number,
): Sample[] {
  const found = new Map<string, number>();
  for (const resource of resources) {
    const namespace = resource.metadata.namespace ?? "";
    found.set(namespace, (found.get(namespace) ?? 0) + amount(resource));
  }
  return [...found].map(([resourcens, value]) => ({ labels: { resourcens, resourcetype }, value }));
}

const flinkVersionOf = ({ status }: FlinkDeployment): string =>
  status?.clusterInfo?.["flink-version"] || "UNKNOWN";

function minorVersion(resource: FlinkDeployment): string {
  const version = flinkVersionOf(resource);
  return version === "UNKNOWN" ? version : (/^\d+\.\d+/.exec(version)?.[0] ?? "MALFORMED");
}

function byVersion(
  resources: Iterable<KubeObject>,
  versionOf: (resource: FlinkDeployment) => string,
): NamedSample[] {
  const versions = Map.groupBy([...resources].map(asFlinkDeployment), versionOf);
  return [...versions].flatMap(([part, some]) =>
    sums(deployments, some, () => 1).map((sample) => ({ part, ...sample })),
  );
}
