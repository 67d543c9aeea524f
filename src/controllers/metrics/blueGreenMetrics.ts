import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import {
  asFlinkBlueGreenDeployment,
  blueGreenStates,
  type FlinkBlueGreenDeploymentStatus,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { Registry, Sample } from "../../telemetry/metrics/registry.ts";

/** The job states that a FlinkBlueGreenDeployment has. */
const jobStates = ["RECONCILING", "RUNNING", "SUSPENDED", "FAILING"] as const;

/** FlinkBlueGreenDeployments by state, under the names of the Java operator (REFERENCE 1.27). */
export function measureBlueGreen(registry: Registry, resources: () => Iterable<KubeObject>): void {
  const gauge = (
    name: string,
    help: string,
    isCounted: (status: FlinkBlueGreenDeploymentStatus) => boolean,
  ) =>
    registry.gauge(
      `flink_k8soperator_namespace_${name}_Count`,
      help,
      () => countByNamespace(resources(), isCounted),
      ["resourcens", "resourcetype"],
    );
  for (const state of blueGreenStates)
    gauge(
      `BlueGreenState_${state}`,
      `FlinkBlueGreenDeployments that are ${state}.`,
      ({ blueGreenState }) => blueGreenState === state,
    );
  for (const state of jobStates)
    gauge(
      `JobStatus_${state}`,
      `FlinkBlueGreenDeployments whose job is ${state}.`,
      ({ jobStatus }) => jobStatus?.state === state,
    );
}

function countByNamespace(
  resources: Iterable<KubeObject>,
  isCounted: (status: FlinkBlueGreenDeploymentStatus) => boolean,
): Sample[] {
  const found = new Map<string, number>();
  for (const object of resources) {
    const { metadata, status = {} } = asFlinkBlueGreenDeployment(object);
    const { namespace = "" } = metadata;
    found.set(namespace, (found.get(namespace) ?? 0) + (isCounted(status) ? 1 : 0));
  }
  const resourcetype = resourceTypes.flinkBlueGreenDeployment.kind;
  return [...found].map(([resourcens, value]) => ({ labels: { resourcens, resourcetype }, value }));
}
