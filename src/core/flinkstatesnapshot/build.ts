import { apiVersionOf, type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import type { SnapshotKind, SnapshotTriggerType } from "../../api/v1beta1/commonStatus.ts";
import {
  asFlinkStateSnapshot,
  type FlinkStateSnapshotSpec,
  type JobKind,
} from "../../api/v1beta1/flinkstatesnapshot.ts";
import { SESSION_LABEL, SNAPSHOT_FINALIZER, snapshotLabels } from "../../api/v1beta1/names.ts";
import type { ResourceKind } from "../job/model/resourceKind.ts";
import { labelsOf } from "./labels.ts";

/** A snapshot that the operator itself requests. */
export interface RequestedSnapshot {
  readonly kind: SnapshotKind;
  readonly triggerType: Exclude<SnapshotTriggerType, "UNKNOWN">;
  /** Milliseconds since the epoch: when it was requested, or was due. Part of the name. */
  readonly at: number;
  readonly savepoint?: NonNullable<FlinkStateSnapshotSpec["savepoint"]>;
}

/**
 * A FlinkStateSnapshot with the name and labels of the reference (REFERENCE 1.10). The name is derived from the
 * request, so a second attempt to create it finds the first. It has no owner, because a savepoint outlives its job.
 * It already contains what the operator would add in its first reconcile.
 */
export function buildSnapshot(
  job: KubeObject,
  jobKind: Pick<ResourceKind, "name" | "labelsOf">,
  { kind, triggerType, at, savepoint = {} }: RequestedSnapshot,
): KubeObject {
  const { name, namespace } = job.metadata;
  const manifest = {
    apiVersion: apiVersionOf(resourceTypes.flinkStateSnapshot),
    kind: resourceTypes.flinkStateSnapshot.kind,
    metadata: {
      name: `${name}-${kind}-${triggerType.toLowerCase()}-${at}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { [snapshotLabels.triggerType]: triggerType },
      finalizers: [SNAPSHOT_FINALIZER],
    },
    spec: {
      jobReference: { kind: jobKind.name, name },
      ...(kind === "savepoint" ? { savepoint } : { checkpoint: {} }),
    },
  };
  const labels = labelsOf(
    asFlinkStateSnapshot(manifest),
    "TRIGGER_PENDING",
    jobKind.labelsOf(job)[SESSION_LABEL],
  );
  return { ...manifest, metadata: { ...manifest.metadata, labels } };
}

/**
 * The same under another name, if the name is taken: a resource of the other kind with the same name requested a
 * snapshot at the same moment. Undefined if the existing object is this one.
 */
export function underAnotherName(
  { metadata, ...rest }: KubeObject,
  jobKind: JobKind,
): KubeObject | undefined {
  const end = `-${jobKind.toLowerCase()}`;
  return metadata.name.endsWith(end)
    ? undefined
    : { ...rest, metadata: { ...metadata, name: `${metadata.name}${end}` } };
}

/** The time in a name from `buildSnapshot` or `underAnotherName`. */
export const timeOfName = (name: string): number | undefined => {
  const time = /-(?:savepoint|checkpoint)-periodic-(\d+)(?:-[a-z]+)?$/.exec(name)?.[1];
  return time === undefined ? undefined : Number(time);
};
