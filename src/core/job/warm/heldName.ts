import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { warmBaseOf } from "../../../api/v1beta1/names.ts";
import { errorTypes } from "../../statusError.ts";
import type { Step } from "../model/situation.ts";
import { report } from "../status/failure.ts";

/** Whether an object is of the cluster of another FlinkDeployment, which has the name of this one. */
export const ownerOfAnother = (
  name: string,
  object: Pick<KubeObject, "metadata"> | undefined,
): string | undefined => {
  const { kind } = resourceTypes.flinkDeployment;
  return object?.metadata.ownerReferences?.find((owner) => owner.kind === kind && owner.name !== name)?.name;
};

/** The FlinkDeployment that runs its job, or is about to, in a cluster of this name, by its status. */
export function holderOf(name: string, find: (name: string) => KubeObject | undefined): string | undefined {
  const base = warmBaseOf(name);
  const status = (base === undefined ? undefined : find(base)?.status) as FlinkDeploymentStatus | undefined;
  return status?.clusterId === name || status?.warmUpgrade?.clusterId === name ? base : undefined;
}

export const whyHeld = (name: string, holder: string): string =>
  `a Flink cluster of the FlinkDeployment ${holder} is called ${name}. Use another name, or switch ` +
  `kubernetes.operator.job.upgrade.warm off for ${holder} and upgrade it, before this resource is deployed.`;

/** Nothing is done under a name that the cluster of another resource has: what is there is that one's. */
export const awaitName: Step = ({ facts: { heldBy }, status, resource, nextSettings }) => {
  if (heldBy === undefined) return undefined;
  const message = `metadata.name: ${whyHeld(resource.metadata.name, heldBy)}`;
  return {
    ...report(status, errorTypes.reconciliation, "Error", message, "Operator"),
    waitsFor: `the cluster of the FlinkDeployment ${heldBy} to leave this name`,
    requeueAfterMs: nextSettings.reconcileIntervalMs,
  };
};
