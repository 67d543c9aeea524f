import type { CheckpointStatistics, CompletedSnapshot, JobOverview } from "../../../api/flinkFacts.ts";
import type { RememberedSnapshot } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Facts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Settings } from "../model/settings.ts";
import { checkpointsKnown, checkpointsOf, jobOf, REPORTING_MS } from "../observe/observeJob.ts";
import { fromFlink } from "./knownSnapshots.ts";
import { diverged, rememberedOfLostRun } from "./lostRunCheckpoint.ts";

/** How the current run relates to the newest snapshot that was known before the job was not visible for a while. */
export type StateOrigin =
  /** The run continues from it, or there is no such snapshot. */
  | { readonly kind: "continues" }
  /** The JobManager has not reported the checkpoints (yet). */
  | { readonly kind: "unknown" }
  /** The run started without it and has not completed a snapshot of its own. */
  | { readonly kind: "began-anew"; readonly remembered: RememberedSnapshot }
  /** The run started without it and has completed snapshots of its own: the two histories are independent. */
  | { readonly kind: "diverged" };

export function stateOriginOf(
  { newestSnapshot: remembered, jobStatus }: Pick<FlinkResourceStatus, "newestSnapshot" | "jobStatus">,
  facts: Facts,
): StateOrigin {
  if (remembered === undefined || remembered.jobId !== jobStatus?.jobId) return { kind: "continues" };
  const job = jobOf(facts, remembered.jobId);
  if (job === undefined) return { kind: "unknown" };
  if (job.startTime <= (remembered.takenAt ?? 0)) return { kind: "continues" };
  const statistics = checkpointsOf(facts, remembered.jobId);
  if (!checkpointsKnown(facts, remembered.jobId) || isOfEarlierRun(statistics, job)) {
    return isRefused(facts, job) ? { kind: "diverged" } : { kind: "unknown" };
  }
  const { latestRestored, latestCompleted, latestSavepoint } = statistics ?? {};
  if (latestRestored !== undefined && latestRestored.id >= (remembered.checkpointId ?? 0))
    return { kind: "continues" };
  const hasOwn = latestCompleted !== undefined || latestSavepoint !== undefined;
  return hasOwn ? { kind: "diverged" } : { kind: "began-anew", remembered };
}

/**
 * Flink has refused to report checkpoints since this run began. A missing answer could come from the end of the
 * previous run.
 */
function isRefused({ flink }: Facts, { startTime }: JobOverview): boolean {
  const { kind, at = 0 } = flink?.partFailures?.checkpoints ?? {};
  return kind === "answered" ? at >= startTime : at - startTime > REPORTING_MS;
}

/** The statistics were requested before the JobManager was restarted. */
function isOfEarlierRun(statistics: CheckpointStatistics | undefined, { startTime }: JobOverview): boolean {
  const { latestCompleted, latestSavepoint, latestRestored } = statistics ?? {};
  const reported = [latestCompleted, latestSavepoint, latestRestored].filter(
    (snapshot) => snapshot !== undefined,
  );
  return reported.length > 0 && reported.every(({ timestamp }) => timestamp < startTime);
}

/**
 * Remembers the newest snapshot of a job that is no longer visible, in the status write that records that, and clears
 * it once the job continues from it. The first one stays: snapshots of a run that started without it do not continue
 * it. With HA a job restores from its newest checkpoint, regardless of savepoints.
 */
export function withNewestSnapshot(
  status: FlinkResourceStatus,
  facts: Facts,
  settings: Settings,
): FlinkResourceStatus {
  const { jobStatus, newestSnapshot, jobManagerDeploymentStatus: jobManager } = status;
  const { jobId, state } = jobStatus ?? {};
  // Also valid if the JobManager is deleted, because job ids are unique.
  const checkpoints = facts.flink?.checkpoints;
  const statistics = checkpoints?.jobId === jobId ? checkpoints?.statistics : undefined;
  const known = newestOfRun(statistics, jobId, settings.highAvailability);
  const job = jobOf(facts, jobId);
  const unseen = state === "RECONCILING" || (state === "CANCELLING" && jobManager !== "READY");
  const startedAgain = job !== undefined && (known?.takenAt ?? job.startTime) < job.startTime;
  const isNew = newestSnapshot?.jobId !== jobId && (unseen || startedAgain);
  const isLaterRun =
    !settings.highAvailability && !isNew && unseen && (known?.takenAt ?? 0) > (newestSnapshot?.takenAt ?? 0);
  const kept = newestSnapshot && isLaterRun ? diverged(newestSnapshot) : newestSnapshot;
  const reported = { ...status, newestSnapshot: isNew ? (known ?? newestSnapshot) : kept };
  const next = {
    ...reported,
    newestSnapshot: rememberedOfLostRun(reported, facts, settings) ?? reported.newestSnapshot,
  };
  const continues = !unseen && stateOriginOf(next, facts).kind === "continues";
  return continues ? { ...status, newestSnapshot: undefined } : next;
}

/** The snapshot that the run was restored from is not included: the launch or the HA metadata knows it. */
function newestOfRun(
  statistics: CheckpointStatistics | undefined,
  jobId: string | undefined,
  highAvailability: boolean,
): RememberedSnapshot | undefined {
  const { latestCompleted, latestSavepoint } = statistics ?? {};
  const newest = [latestCompleted, highAvailability ? undefined : latestSavepoint]
    .filter((snapshot) => snapshot !== undefined)
    .reduce<CompletedSnapshot | undefined>(
      (newer, snapshot) => (snapshot.id > (newer?.id ?? -1) ? snapshot : newer),
      undefined,
    );
  if (newest === undefined) return undefined;
  const { path, checkpointId, takenAt } = fromFlink(newest, jobId);
  return { path, kind: newest.isSavepoint ? "savepoint" : "checkpoint", jobId, checkpointId, takenAt };
}
