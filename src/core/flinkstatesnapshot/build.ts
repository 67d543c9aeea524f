import { apiVersionOf, type KubeObject, type ObjectMeta, resourceTypes } from "../../api/kubernetes.ts";
import type { SnapshotKind, SnapshotTriggerType } from "../../api/v1beta1/commonStatus.ts";
import type { FlinkStateSnapshotSpec, JobKind } from "../../api/v1beta1/flinkstatesnapshot.ts";
import { snapshotLabels } from "../../api/v1beta1/names.ts";

/** What the operator asks for itself. */
export interface WantedSnapshot {
  readonly kind: SnapshotKind;
  readonly triggerType: Exclude<SnapshotTriggerType, "UNKNOWN">;
  /** Milliseconds since the epoch: when it was asked for, or was due. The name is made of it. */
  readonly at: number;
  readonly savepoint?: NonNullable<FlinkStateSnapshotSpec["savepoint"]>;
}

/**
 * A FlinkStateSnapshot as the reference names and labels it (REFERENCE 1.10). The name follows from what is wanted, so that
 * a second attempt to create it finds the first. It has no owner: a savepoint outlives its job.
 */
export function buildSnapshot(
  owner: Pick<ObjectMeta, "name" | "namespace">,
  jobKind: JobKind,
  { kind, triggerType, at, savepoint = {} }: WantedSnapshot,
): KubeObject {
  return {
    apiVersion: apiVersionOf(resourceTypes.flinkStateSnapshot),
    kind: resourceTypes.flinkStateSnapshot.kind,
    metadata: {
      name: `${owner.name}-${kind}-${triggerType.toLowerCase()}-${at}`,
      ...(owner.namespace === undefined ? {} : { namespace: owner.namespace }),
      labels: { [snapshotLabels.triggerType]: triggerType },
    },
    spec: {
      jobReference: { kind: jobKind, name: owner.name },
      ...(kind === "savepoint" ? { savepoint } : { checkpoint: {} }),
    },
  };
}

/**
 * The same where its name is taken: a resource of the other kind, but of the same name, has asked for one at the same
 * moment. Undefined: this is it already.
 */
export function besideTaken({ metadata, ...rest }: KubeObject, jobKind: JobKind): KubeObject | undefined {
  const end = `-${jobKind.toLowerCase()}`;
  return metadata.name.endsWith(end)
    ? undefined
    : { ...rest, metadata: { ...metadata, name: `${metadata.name}${end}` } };
}

/** The time of a name that `buildSnapshot` or `besideTaken` made. */
export const timeOfName = (name: string): number | undefined => {
  const time = /-(?:savepoint|checkpoint)-periodic-(\d+)(?:-[a-z]+)?$/.exec(name)?.[1];
  return time === undefined ? undefined : Number(time);
};
