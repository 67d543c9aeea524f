import { apiVersionOf, type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import {
  asFlinkBlueGreenDeployment,
  type FlinkBlueGreenDeployment,
} from "../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkDeployment, flinkDeploymentSpec } from "../api/v1beta1/flinkdeployment.ts";
import { flinkSessionJobSpec } from "../api/v1beta1/flinksessionjob.ts";
import { readLastReconciledSpec } from "../core/spec/lastReconciledSpec.ts";
import { patchToSpec } from "./stableSpec.ts";

/**
 * The edits that people make by a word, as of `kubectl flink suspend`. Each is a merge patch of the spec (RFC 7386), or a text: why there
 * is nothing to edit.
 */
export type SpecPatch = (resource: KubeObject) => object | string;

const stateOf = (resource: KubeObject): string => asFlinkDeployment(resource).spec.job?.state ?? "running";

export const suspendPatch: SpecPatch = (resource) =>
  stateOf(resource) === "suspended" ? "it is suspended already" : { job: { state: "suspended" } };

export const resumePatch: SpecPatch = (resource) =>
  stateOf(resource) === "suspended" ? { job: { state: "running" } } : "it is to run already";

/** Also of a session cluster. */
export const restartPatch: SpecPatch = (resource) =>
  stateOf(resource) === "suspended"
    ? "it is suspended, and nothing restarts: kubectl flink resume starts it"
    : { restartNonce: (asFlinkDeployment(resource).spec.restartNonce ?? 0) + 1 };

/** The largest of both fields: the default of pipeline.max-parallelism's upper bound in Flink. */
export const MAX_PARALLELISM = 32_768;

/** The last spec whose job was stable. */
export const stableSpecPatch: SpecPatch = ({ kind, metadata: { name }, spec, status }) => {
  const type = kind === resourceTypes.flinkSessionJob.kind ? flinkSessionJobSpec : flinkDeploymentSpec;
  const { lastStableSpec } =
    asFlinkDeployment({ metadata: { name }, status }).status?.reconciliationStatus ?? {};
  const stable = readLastReconciledSpec(lastStableSpec, type);
  return stable === undefined
    ? `${kind} ${name} was never stable: there is no spec to go back to`
    : patchToSpec(spec as object, stable.spec);
};

/** Why a side of a FlinkBlueGreenDeployment is not edited: it is made from a template, and the next transition would undo it. */
export function blueGreenParentOf({ kind, metadata }: KubeObject): string | undefined {
  const parentKind = resourceTypes.flinkBlueGreenDeployment.kind;
  const parent = metadata.ownerReferences?.find((owner) => owner.kind === parentKind);
  return (
    parent &&
    `${kind} ${metadata.name} is a side of the ${parentKind} ${parent.name}: edit spec.template of that`
  );
}

/** The FlinkStateSnapshot that asks for a snapshot of a job. */
export const snapshotRequest = (
  { kind, metadata: { name, namespace } }: KubeObject,
  { checkpoint, format }: { readonly checkpoint?: boolean | undefined; readonly format?: string | undefined },
): KubeObject => ({
  apiVersion: apiVersionOf(resourceTypes.flinkStateSnapshot),
  kind: resourceTypes.flinkStateSnapshot.kind,
  // The API server completes the name.
  metadata: {
    generateName: `${name}-${checkpoint ? "checkpoint" : "savepoint"}-`,
    namespace,
  } as unknown as KubeObject["metadata"],
  spec: {
    jobReference: { kind, name },
    ...(checkpoint ? { checkpoint: {} } : { savepoint: format === undefined ? {} : { formatType: format } }),
  },
});

/** Why there is nothing of a FlinkBlueGreenDeployment to promote, or with `isRejected` to reject. */
export function whyNoPromotion(object: KubeObject, isRejected: boolean): string | undefined {
  const { metadata, status = {} }: FlinkBlueGreenDeployment = asFlinkBlueGreenDeployment(object);
  const { blueGreenState = "INITIALIZING_BLUE", verification, observedGeneration, conditions = [] } = status;
  if (observedGeneration !== metadata.generation)
    return "the operator has not seen its newest spec yet: try again";
  if (verification === undefined) return `no new side is verified (${blueGreenState})`;
  if (isRejected) return undefined;
  if (status.error !== undefined) return status.error;
  if (verification.verifiedTime !== undefined) return undefined;
  const ready = conditions.find((each) => each.type === "Ready");
  return `its new side is not verified yet: ${ready?.message ?? blueGreenState}`;
}

/** Why no edit of a resource can be approved. */
export function whyNoApproval(object: KubeObject): string | undefined {
  const { metadata, status } = asFlinkDeployment(object);
  const { name, generation = 0 } = metadata;
  const pending = status?.pendingChange;
  if (pending?.waitsFor === "Approval" && pending.generation === generation) return undefined;
  return (
    `no edit of ${name} waits for approval` +
    (status?.observedGeneration === generation
      ? ""
      : `; the operator has not looked at generation ${generation} yet: try again`)
  );
}
