import type { CheckpointStatistics, CompletedSnapshot, JobOverview } from "../../../api/flinkFacts.ts";
import type { RememberedSnapshot } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Facts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Settings } from "../model/settings.ts";
import { checkpointsKnown, checkpointsOf, jobOf, REPORTING_MS } from "../observe/observeJob.ts";
import { fromFlink } from "./knownSnapshots.ts";
import { diverged, rememberedOfLostRun } from "./lostRunCheckpoint.ts";

/** How what runs stands to the newest snapshot that was known before the job could not be seen for a while. */
export type StateOrigin =
  /** It goes on from it, or there is none. */
  | { readonly kind: "continues" }
  /** Its JobManager has not (yet) told. */
  | { readonly kind: "untold" }
  /** It began anew, from less, and has completed nothing of its own so far. */
  | { readonly kind: "began-anew"; readonly remembered: RememberedSnapshot }
  /** It began anew and has completed snapshots of its own since: neither history goes on from the other. */
  | { readonly kind: "diverged" };

export function stateOriginOf(
  { newestSnapshot: remembered, jobStatus }: Pick<FlinkResourceStatus, "newestSnapshot" | "jobStatus">,
  facts: Facts,
): StateOrigin {
  if (remembered === undefined || remembered.jobId !== jobStatus?.jobId) return { kind: "continues" };
  const job = jobOf(facts, remembered.jobId);
  if (job === undefined) return { kind: "untold" };
  if (job.startTime <= (remembered.takenAt ?? 0)) return { kind: "continues" };
  const statistics = checkpointsOf(facts, remembered.jobId);
  if (!checkpointsKnown(facts, remembered.jobId) || isOfEarlierRun(statistics, job)) {
    return isRefused(facts, job) ? { kind: "diverged" } : { kind: "untold" };
  }
  const { latestRestored, latestCompleted, latestSavepoint } = statistics ?? {};
  if (latestRestored !== undefined && latestRestored.id >= (remembered.checkpointId ?? 0))
    return { kind: "continues" };
  const hasOwn = latestCompleted !== undefined || latestSavepoint !== undefined;
  return hasOwn ? { kind: "diverged" } : { kind: "began-anew", remembered };
}

/** Since this run began, Flink does not want to tell of it. Where no answer came, it may have been the run before's end. */
function isRefused({ flink }: Facts, { startTime }: JobOverview): boolean {
  const { kind, at = 0 } = flink?.partFailures?.checkpoints ?? {};
  return kind === "answered" ? at >= startTime : at - startTime > REPORTING_MS;
}

/** The JobManager that was started again has not been asked since. */
function isOfEarlierRun(statistics: CheckpointStatistics | undefined, { startTime }: JobOverview): boolean {
  const { latestCompleted, latestSavepoint, latestRestored } = statistics ?? {};
  const told = [latestCompleted, latestSavepoint, latestRestored].filter(
    (snapshot) => snapshot !== undefined,
  );
  return told.length > 0 && told.every(({ timestamp }) => timestamp < startTime);
}

/**
 * Remembers the newest snapshot of a job that cannot be seen any more, in the write that says so, and forgets it once
 * the job is seen to go on from it. The first one stays: what a run that began anew completes is no continuation of it.
 * With HA a job goes on from its newest checkpoint, whatever savepoints there are.
 */
export function withNewestSnapshot(
  status: FlinkResourceStatus,
  facts: Facts,
  settings: Settings,
): FlinkResourceStatus {
  const { jobStatus, newestSnapshot, jobManagerDeploymentStatus: jobManager } = status;
  const { jobId, state } = jobStatus ?? {};
  // Also of a JobManager that is gone: ids of jobs are never used twice.
  const checkpoints = facts.flink?.checkpoints;
  const statistics = checkpoints?.jobId === jobId ? checkpoints?.statistics : undefined;
  const known = newestOfRun(statistics, jobId, settings.highAvailability);
  const job = jobOf(facts, jobId);
  const unseen = state === "RECONCILING" || (state === "CANCELLING" && jobManager !== "READY");
  const startedAgain = job !== undefined && (known?.takenAt ?? job.startTime) < job.startTime;
  const isNews = newestSnapshot?.jobId !== jobId && (unseen || startedAgain);
  const isLaterRun =
    !settings.highAvailability && !isNews && unseen && (known?.takenAt ?? 0) > (newestSnapshot?.takenAt ?? 0);
  const kept = newestSnapshot && isLaterRun ? diverged(newestSnapshot) : newestSnapshot;
  const told = { ...status, newestSnapshot: isNews ? (known ?? newestSnapshot) : kept };
  const next = {
    ...told,
    newestSnapshot: rememberedOfLostRun(told, facts, settings) ?? told.newestSnapshot,
  };
  const goesOn = !unseen && stateOriginOf(next, facts).kind === "continues";
  return goesOn ? { ...status, newestSnapshot: undefined } : next;
}

/** What it was restored from is not among them: the launch, or the HA metadata, knows that. */
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
