import type { CheckpointInfo, SavepointInfo, SnapshotKind } from "../../../api/v1beta1/flinkdeployment.ts";
import { buildSnapshot, type RequestedSnapshot, timeOfName } from "../../flinkstatesnapshot/build.ts";
import { formatLastReconciledSpec, readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { Action } from "../model/decision.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Situation } from "../model/situation.ts";
import { withJob } from "../status/status.ts";

/** The sources of requests for snapshots of a job, and where they are recorded as done. */

export const snapshotKindsOfJob: readonly SnapshotKind[] = ["savepoint", "checkpoint"];

export const nonceFields = {
  savepoint: "savepointTriggerNonce",
  checkpoint: "checkpointTriggerNonce",
} as const satisfies Record<SnapshotKind, string>;

/** The trigger part of the status that both kinds of snapshots have. */
export type TriggerInfo = Pick<
  SavepointInfo,
  "triggerId" | "triggerTimestamp" | "triggerType" | "firstTriggerTimestamp"
>;

export const triggerInfoOf = (
  { jobStatus }: FlinkResourceStatus,
  kind: SnapshotKind,
): TriggerInfo | undefined => (kind === "savepoint" ? jobStatus?.savepointInfo : jobStatus?.checkpointInfo);

export function withTriggerInfo(
  status: FlinkResourceStatus,
  kind: SnapshotKind,
  changes: Partial<SavepointInfo> | Partial<CheckpointInfo>,
): FlinkResourceStatus {
  const { savepointInfo, checkpointInfo } = status.jobStatus ?? {};
  return kind === "savepoint"
    ? withJob(status, { savepointInfo: { ...savepointInfo, ...changes } as SavepointInfo })
    : withJob(status, { checkpointInfo: { ...checkpointInfo, ...changes } as CheckpointInfo });
}

export const noTrigger = {
  triggerId: undefined,
  triggerTimestamp: undefined,
  triggerType: undefined,
  formatType: undefined,
  firstTriggerTimestamp: undefined,
} as const;

/** Snapshots are FlinkStateSnapshots; otherwise they are recorded in the status (REFERENCE 1.10). */
export const usesResources = ({ settings, facts }: Pick<Situation, "settings" | "facts">): boolean =>
  settings.snapshotResources && facts.snapshotKind !== false;

/** When the last periodic snapshot of this kind was due. The next period counts from there. */
export function lastPeriodic({ status, facts, resource }: Situation, kind: SnapshotKind): number {
  const { savepointInfo, checkpointInfo } = status.jobStatus ?? {};
  const recorded =
    kind === "savepoint"
      ? savepointInfo?.lastPeriodicSavepointTimestamp
      : checkpointInfo?.lastPeriodicCheckpointTimestamp;
  const created = Date.parse(resource.metadata.creationTimestamp ?? "");
  const found = facts.snapshots
    .filter((snapshot) => snapshot.triggerType === "PERIODIC" && snapshot.kind === kind)
    .map(({ name, createdAt }) => timeOfName(name) ?? createdAt);
  return Math.max(recorded ?? 0, Number.isNaN(created) ? 0 : created, ...found);
}

export const withLastPeriodic = (
  status: FlinkResourceStatus,
  kind: SnapshotKind,
  at: number,
): FlinkResourceStatus =>
  withTriggerInfo(
    status,
    kind,
    kind === "savepoint" ? { lastPeriodicSavepointTimestamp: at } : { lastPeriodicCheckpointTimestamp: at },
  );

/** Records the nonce as done, in both recorded specs, so that a rollback does not request the snapshot again. */
export function withNonceDone(situation: Situation, kind: SnapshotKind): FlinkResourceStatus {
  const { status, kind: subject } = situation;
  const before = status.reconciliationStatus;
  const nonce = nonceOf(situation, kind);
  const done = (text: string | undefined): string | undefined => {
    const recorded = readLastReconciledSpec(text, subject.spec);
    if (recorded === undefined) return text;
    const job = { ...recorded.spec.job, [nonceFields[kind]]: nonce };
    const firstDeployment = recorded.metadata?.firstDeployment === true;
    return formatLastReconciledSpec({ ...recorded.spec, job }, { firstDeployment }, subject.spec);
  };
  const recorded = done(before?.lastReconciledSpec);
  const wasStable = before?.lastStableSpec === before?.lastReconciledSpec;
  return {
    ...status,
    reconciliationStatus: {
      ...before,
      lastReconciledSpec: recorded,
      ...(wasStable ? { lastStableSpec: recorded } : {}),
    },
  };
}

export const nonceOf = ({ resource }: Situation, kind: SnapshotKind): number | undefined =>
  resource.spec.job?.[nonceFields[kind]] ?? undefined;

export const createSnapshot = (
  { kind, resource, settings }: Pick<Situation, "kind" | "resource" | "settings">,
  requested: Omit<RequestedSnapshot, "savepoint">,
  more: RequestedSnapshot["savepoint"] = {},
): Action => {
  const { savepointDirectory: path, savepointFormat: formatType, savepointDisposeOnDelete } = settings;
  const savepoint = {
    ...(path === undefined ? {} : { path }),
    formatType,
    disposeOnDelete: savepointDisposeOnDelete,
    alreadyExists: false,
    ...more,
  };
  const object = buildSnapshot(resource, kind, { ...requested, savepoint });
  return { kind: "create-snapshot", object, optional: requested.triggerType === "UPGRADE" };
};

/**
 * The savepoint of an upgrade gets a resource too, named by its trigger time, so that a second reconcile creates no
 * second one.
 */
export function recordUpgrade(situation: Situation, path: string): Action[] {
  if (!usesResources(situation)) return [];
  const { savepointInfo } = situation.status.jobStatus ?? {};
  const at = savepointInfo?.triggerTimestamp ?? situation.now;
  const { formatType = situation.settings.savepointFormat } = savepointInfo ?? {};
  const requested = { kind: "savepoint", triggerType: "UPGRADE", at } as const;
  return [createSnapshot(situation, requested, { path, formatType, alreadyExists: true })];
}
