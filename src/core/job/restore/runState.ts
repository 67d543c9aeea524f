import type { CompletedSnapshot } from "../../../api/flinkFacts.ts";
import { type Facts, haCheckpoints } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Restore } from "../model/situation.ts";
import { checkpointsKnown, checkpointsOf } from "../observe/observeJob.ts";
import { LAST_STATE_DUMMY_PATH } from "../status/status.ts";
import { isSamePath } from "./knownSnapshots.ts";

type Run = NonNullable<FlinkResourceStatus["run"]>;

/** The record of a run that is launched from `restore`: it has no state of its own yet. */
export function runLaunched(restore: Restore, { haConfigMaps }: Pick<Facts, "haConfigMaps">): Run {
  if (restore.kind === "savepoint") return { startedFrom: restore.path };
  if (restore.kind === "none") return {};
  const ids = haCheckpoints(haConfigMaps).map(({ checkpointId }) => checkpointId);
  return ids.length === 0 ? {} : { checkpointId: Math.max(...ids) };
}

/** Records that the run has state of its own: its tasks are at work. */
export const withStateOfItsOwn = (status: FlinkResourceStatus, now: number): FlinkResourceStatus =>
  status.run === undefined || status.run.stateSince !== undefined
    ? status
    : { ...status, run: { ...status.run, stateSince: now } };

/** Records that the state of the run was used by another run, or given up by the user. */
export function withStateSpent(status: FlinkResourceStatus): FlinkResourceStatus {
  if (status.run?.stateSince === undefined) return status;
  const { stateSince: _, ...run } = status.run;
  return { ...status, run };
}

/**
 * Whether the present run has, or had, state of its own: its tasks were at work. A run that the Java operator launched or
 * managed in between has no record; there a stable spec shows it.
 */
export function hadState({ run, reconciliationStatus }: FlinkResourceStatus): boolean {
  if (run !== undefined) return run.stateSince !== undefined;
  const { lastReconciledSpec, lastStableSpec } = reconciliationStatus ?? {};
  return lastReconciledSpec !== undefined && lastReconciledSpec === lastStableSpec;
}

/**
 * Whether the run had state, and Flink reports no snapshot of it. Then only the snapshot that the run was started from is
 * left, or nothing. False if Flink has not reported the checkpoints.
 */
export function leftNothingOfItsOwn(status: FlinkResourceStatus, facts: Facts): boolean {
  const { jobId } = status.jobStatus ?? {};
  if (!hadState(status) || !checkpointsKnown(facts, jobId)) return false;
  const { latestCompleted, latestSavepoint, latestRestored } = checkpointsOf(facts, jobId) ?? {};
  if (latestCompleted !== undefined || latestSavepoint !== undefined) return false;
  return latestRestored === undefined || isOfEarlierRun(latestRestored, status);
}

/** Whether a restored snapshot is of an earlier run. A restarted JobManager restores checkpoints of the run itself. */
function isOfEarlierRun(
  { id, externalPath }: CompletedSnapshot,
  { run, jobStatus }: FlinkResourceStatus,
): boolean {
  if (run?.checkpointId !== undefined) return id <= run.checkpointId;
  if (run !== undefined) return isSamePath(run.startedFrom, externalPath);
  const path = jobStatus?.upgradeSavepointPath;
  return path === LAST_STATE_DUMMY_PATH || isSamePath(path, externalPath);
}

/** Describes to the user what is left of the run. */
export function whatIsLeft({ run, jobStatus }: FlinkResourceStatus): string {
  const path = run === undefined ? jobStatus?.upgradeSavepointPath : run.startedFrom;
  const started =
    path !== undefined && path !== LAST_STATE_DUMMY_PATH
      ? `was started from ${path}`
      : run?.checkpointId !== undefined
        ? `was started from checkpoint ${run.checkpointId} of the run before`
        : "has completed no snapshot since it was started";
  return `The job has run and ${started}, and no snapshot of the state that it has come to since is known.`;
}

/** Why `restore` would replace the run's own state by that of an earlier run, or by none. Undefined: it would not. */
export function goesBackBeforeRun(restore: Restore, status: FlinkResourceStatus): string | undefined {
  if (status.run?.stateSince === undefined) return undefined;
  const goesBack =
    restore.kind === "none" ||
    (restore.kind === "savepoint" && isSamePath(restore.path, status.run.startedFrom));
  return goesBack ? whatIsLeft(status) : undefined;
}
