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

/** Its tasks are at work. */
export const withStateOfItsOwn = (status: FlinkResourceStatus, now: number): FlinkResourceStatus =>
  status.run === undefined || status.run.stateSince !== undefined
    ? status
    : { ...status, run: { ...status.run, stateSince: now } };

/** Whatever state the run had is spent, or given up by the user. */
export function withStateSpent(status: FlinkResourceStatus): FlinkResourceStatus {
  if (status.run?.stateSince === undefined) return status;
  const { stateSince: _, ...run } = status.run;
  return { ...status, run };
}

/**
 * The present run has, or had, state of its own: its tasks were at work. Of a run that the Java operator launched, or that
 * it looked after meanwhile, it is known by its spec having become stable.
 */
export function hadState({ run, reconciliationStatus }: FlinkResourceStatus): boolean {
  if (run !== undefined) return run.stateSince !== undefined;
  const { lastReconciledSpec, lastStableSpec } = reconciliationStatus ?? {};
  return lastReconciledSpec !== undefined && lastReconciledSpec === lastStableSpec;
}

/**
 * The run had state, and Flink tells of no snapshot of it: what is left is what the run was started from, of an earlier run,
 * or nothing. False where Flink has not told.
 */
export function leftNothingOfItsOwn(status: FlinkResourceStatus, facts: Facts): boolean {
  const { jobId } = status.jobStatus ?? {};
  if (!hadState(status) || !checkpointsKnown(facts, jobId)) return false;
  const { latestCompleted, latestSavepoint, latestRestored } = checkpointsOf(facts, jobId) ?? {};
  if (latestCompleted !== undefined || latestSavepoint !== undefined) return false;
  return latestRestored === undefined || isOfEarlierRun(latestRestored, status);
}

/** A JobManager that was started again restores the run's own checkpoints: only the first restored one is an earlier run's. */
function isOfEarlierRun(
  { id, externalPath }: CompletedSnapshot,
  { run, jobStatus }: FlinkResourceStatus,
): boolean {
  if (run?.checkpointId !== undefined) return id <= run.checkpointId;
  if (run !== undefined) return isSamePath(run.startedFrom, externalPath);
  const path = jobStatus?.upgradeSavepointPath;
  return path === LAST_STATE_DUMMY_PATH || isSamePath(path, externalPath);
}

/** In words, for the user. */
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

/** Why `restore` would put an earlier run's state, or none, in the place of the run's own; undefined: it would not. */
export function goesBackBeforeRun(restore: Restore, status: FlinkResourceStatus): string | undefined {
  if (status.run?.stateSince === undefined) return undefined;
  const goesBack =
    restore.kind === "none" ||
    (restore.kind === "savepoint" && isSamePath(restore.path, status.run.startedFrom));
  return goesBack ? whatIsLeft(status) : undefined;
}
