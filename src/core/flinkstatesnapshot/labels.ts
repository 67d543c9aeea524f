import { type SnapshotTriggerType, snapshotTriggerTypes } from "../../api/v1beta1/commonStatus.ts";
import type { FlinkStateSnapshot, SnapshotState } from "../../api/v1beta1/flinkstatesnapshot.ts";
import { SESSION_LABEL, SNAPSHOT_FINALIZER, snapshotLabels } from "../../api/v1beta1/names.ts";
import type { Action } from "./decision.ts";

/** What triggered a snapshot, according to its label. Without the operator's label it was created manually. */
export function triggerTypeOf({ metadata }: Pick<FlinkStateSnapshot, "metadata">): SnapshotTriggerType {
  const label = metadata.labels?.[snapshotLabels.triggerType];
  return snapshotTriggerTypes.find((type) => type === label) ?? "MANUAL";
}

/** Labels repeat the status, so that a label selector finds nothing that is not in the status yet. */
export function labelsOf(
  snapshot: FlinkStateSnapshot,
  state: SnapshotState,
  sessionCluster: string | undefined,
): Record<string, string> {
  const { kind, name } = snapshot.spec.jobReference ?? {};
  return {
    [snapshotLabels.type]: snapshot.spec.savepoint === undefined ? "CHECKPOINT" : "SAVEPOINT",
    [snapshotLabels.triggerType]: triggerTypeOf(snapshot),
    [snapshotLabels.state]: state,
    ...(kind === undefined ? {} : { [snapshotLabels.jobKind]: kind }),
    ...labelled(snapshotLabels.jobName, name),
    ...labelled(SESSION_LABEL, sessionCluster),
  };
}

const labelled = (label: string, value: string | undefined): Record<string, string> =>
  value === undefined || !isLabelValue(value) ? {} : { [label]: value };

const isLabelValue = (text: string): boolean => /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(text);

/** Undefined if the metadata is complete. The session cluster's label stays when the session job is deleted. */
export function setMetadata(
  snapshot: FlinkStateSnapshot,
  state: SnapshotState,
  sessionCluster: string | undefined,
): Action | undefined {
  const { labels: present = {}, finalizers = [] } = snapshot.metadata;
  const labels = labelsOf(snapshot, state, sessionCluster);
  const hasFinalizer = finalizers.includes(SNAPSHOT_FINALIZER);
  const hasLabels = Object.entries(labels).every(([key, value]) => present[key] === value);
  if (hasFinalizer && hasLabels) return undefined;
  return {
    kind: "set-metadata",
    labels,
    finalizers: hasFinalizer ? finalizers : [...finalizers, SNAPSHOT_FINALIZER],
  };
}
