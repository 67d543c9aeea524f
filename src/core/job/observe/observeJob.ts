import type {
  CheckpointStatistics,
  CompletedSnapshot,
  JobOverview,
  JobState,
} from "../../../api/flinkFacts.ts";
import type { JobManagerDeploymentStatus, JobStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import type { EventIntent } from "../model/decision.ts";
import type { Facts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { FailedJob } from "../snapshots/snapshotFailure.ts";

export const isTerminal = (state: JobState | undefined): boolean =>
  state === "FINISHED" || state === "CANCELED" || state === "FAILED";

/** The job overview's entry for this resource's job; undefined if there are no current facts. */
export function jobOf(facts: Facts, jobId: string | undefined): JobOverview | undefined {
  if (facts.flink === undefined || facts.flink.deploymentUid !== facts.jobManager?.uid) return undefined;
  return facts.flink.jobs?.find((job) => job.id === jobId);
}

/** Flink's name for what it lists where the main method of an application failed before it had a job. */
const APPLICATION_DRIVER = "(application driver)";

export const isFailedMain = (job: JobOverview | undefined): boolean =>
  job?.state === "FAILED" && job.name === APPLICATION_DRIVER;

export const allTasksRun = ({ tasks: { running = 0, finished = 0, total = 0 } }: JobOverview): boolean =>
  running + finished >= total;

/** The checkpoint statistics of this resource's job, as far as the current JobManager reported them. */
export function checkpointsOf(facts: Facts, jobId: string | undefined): CheckpointStatistics | undefined {
  if (facts.flink === undefined || facts.flink.deploymentUid !== facts.jobManager?.uid) return undefined;
  const known = facts.flink.checkpoints;
  return known?.jobId === jobId ? known?.statistics : undefined;
}

/** True once the current JobManager has reported the job's checkpoints, also if there are none. */
export const checkpointsKnown = (facts: Facts, jobId: string | undefined): boolean =>
  facts.flink !== undefined &&
  facts.flink.deploymentUid === facts.jobManager?.uid &&
  facts.flink.checkpoints !== undefined &&
  facts.flink.checkpoints.jobId === jobId;

/** The job has completed a checkpoint since its JobManager started it, or checkpointing is disabled. */
export function hasCheckpointed(facts: Facts, jobId: string | undefined): boolean {
  if (!checkpointsKnown(facts, jobId)) return false;
  const statistics = checkpointsOf(facts, jobId);
  return statistics === undefined || statistics.completedCount > 0;
}

/** True if Flink lists its jobs and this resource's job is not among them. */
export const isAbsent = (facts: Facts, jobId: string | undefined): boolean =>
  facts.flink?.reachability === "ok" &&
  facts.flink.deploymentUid === facts.jobManager?.uid &&
  facts.flink.jobs !== undefined &&
  jobOf(facts, jobId) === undefined;

/** The last snapshot of a job, which the next launch restores from. */
export type LastSnapshot =
  /** Its JobManager has not reported it (yet). */
  | { readonly kind: "unknown" }
  /** The job never completed a snapshot and was not started from one that Flink knows. */
  | { readonly kind: "none" }
  /** The newest one is discarded or has no path, and all others are older. */
  | { readonly kind: "lost" }
  | { readonly kind: "at"; readonly path: string; readonly isSavepoint: boolean };

/** The newest snapshot, by checkpoint id, among completed, savepoint and restored (REFERENCE 1.12). */
export function lastSnapshotOf(facts: Facts, jobId: string | undefined): LastSnapshot {
  if (!checkpointsKnown(facts, jobId)) return { kind: "unknown" };
  const newest = newestOf(checkpointsOf(facts, jobId));
  if (newest === undefined) return { kind: "none" };
  const { externalPath: path, isSavepoint, discarded } = newest;
  return discarded || path === "" || path === NOT_ADDRESSABLE
    ? { kind: "lost" }
    : { kind: "at", path, isSavepoint };
}

/** Flink's placeholder for the path of a checkpoint that is not stored in files. */
export const NOT_ADDRESSABLE = "<checkpoint-not-externally-addressable>";

function newestOf(statistics: CheckpointStatistics | undefined): CompletedSnapshot | undefined {
  return [statistics?.latestCompleted, statistics?.latestSavepoint, statistics?.latestRestored].reduce(
    (newest, snapshot) => ((snapshot?.id ?? -1) > (newest?.id ?? -1) ? snapshot : newest),
    undefined,
  );
}

/**
 * The end of a job is reported together with its last snapshot, which Flink's cache delays by some seconds. So a
 * status with a terminal state always contains the restore path. Exception: Flink does not report the snapshot.
 */
export function isEndReported(facts: Facts, jobId: string | undefined): boolean {
  const job = jobOf(facts, jobId);
  if (!isTerminal(job?.state) || checkpointsKnown(facts, jobId)) return true;
  const failure = facts.flink?.partFailures?.checkpoints;
  if (failure === undefined) return false;
  // Without an answer the JobManager may be shutting down, and the next one does not know the job.
  return failure.kind === "answered" || failure.at - (job?.endTime ?? 0) > REPORTING_MS;
}

/** How long a JobManager's checkpoints are requested without success, after a job has ended or started. */
export const REPORTING_MS = 60_000;

export interface JobObservation {
  readonly job: JobStatus;
  readonly events: readonly EventIntent[];
}

/** The job's part of the status, from the overview. The state is RECONCILING while the JobManager is not READY. */
export function observeJob(
  status: FlinkResourceStatus,
  jobManager: JobManagerDeploymentStatus,
  facts: Facts,
  now: number,
): JobObservation {
  const before = status.jobStatus ?? {};
  const known = jobManager === "READY" ? jobOf(facts, before.jobId) : undefined;
  // INITIALIZING lasts less than a second: not worth two writes and two events per start.
  const found = known?.state === "INITIALIZING" || !isEndReported(facts, before.jobId) ? undefined : known;
  if (found === undefined) {
    const lost = jobManager !== "READY" || isAbsent(facts, before.jobId);
    const isActive = before.state !== undefined && !isTerminal(before.state) && before.state !== "CANCELLING";
    return { job: lost && isActive ? { ...before, state: "RECONCILING" } : before, events: [] };
  }
  const changed = before.state !== found.state;
  const job: JobStatus = {
    ...before,
    jobName: found.name,
    startTime: String(found.startTime),
    state: keepsCancelling(status, found.state) ? "CANCELLING" : found.state,
    updateTime: changed ? String(now) : before.updateTime,
  };
  if (job.state === before.state) return { job: { ...job, updateTime: before.updateTime }, events: [] };
  return { job, events: [statusChanged(before.state, found.state)] };
}

/**
 * While the resource is UPGRADING, CANCELLING in the status is the intent to cancel. An overview that still says
 * RUNNING does not replace it.
 */
const keepsCancelling = (status: FlinkResourceStatus, found: JobState): boolean =>
  status.reconciliationStatus?.state === "UPGRADING" &&
  status.jobStatus?.state === "CANCELLING" &&
  !isTerminal(found);

export const statusChanged = (from: JobState | undefined, to: JobState): EventIntent => ({
  type: "Normal",
  reason: "JobStatusChanged",
  component: "Job",
  message: from === undefined ? `Job status changed to ${to}` : `Job status changed from ${from} to ${to}`,
});

/** What Flink has reported of the job that may be the cause of a snapshot's failure. */
export function failedJobOf(facts: Facts, jobId: string | undefined): FailedJob {
  const { exceptions } = facts.flink ?? {};
  return {
    exceptions: exceptions?.jobId === jobId ? exceptions : undefined,
    changedAt: jobOf(facts, jobId)?.lastModification,
  };
}
