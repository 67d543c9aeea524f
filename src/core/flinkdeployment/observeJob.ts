import type { CheckpointStatistics, CompletedSnapshot, JobOverview, JobState } from "../../api/flinkFacts.ts";
import type {
  FlinkDeploymentStatus,
  JobManagerDeploymentStatus,
  JobStatus,
} from "../../api/v1beta1/flinkdeployment.ts";
import type { EventIntent } from "./decision.ts";
import type { Facts } from "./facts.ts";

export const isTerminal = (state: JobState | undefined): boolean =>
  state === "FINISHED" || state === "CANCELED" || state === "FAILED";

/** The entry of the job overview that is this resource's job; undefined where nothing fresh is known. */
export function jobOf(facts: Facts, jobId: string | undefined): JobOverview | undefined {
  if (facts.flink === undefined || facts.flink.deploymentUid !== facts.jobManager?.uid) return undefined;
  return facts.flink.jobs?.find((job) => job.id === jobId);
}

/** The checkpoint statistics of this resource's job, as far as the present JobManager told them. */
export function checkpointsOf(facts: Facts, jobId: string | undefined): CheckpointStatistics | undefined {
  if (facts.flink === undefined || facts.flink.deploymentUid !== facts.jobManager?.uid) return undefined;
  const known = facts.flink.checkpoints;
  return known?.jobId === jobId ? known?.statistics : undefined;
}

/** True once the present JobManager has told of the job's checkpoints, also where it said that there are none. */
export const checkpointsKnown = (facts: Facts, jobId: string | undefined): boolean =>
  facts.flink !== undefined &&
  facts.flink.deploymentUid === facts.jobManager?.uid &&
  facts.flink.checkpoints !== undefined &&
  facts.flink.checkpoints.jobId === jobId;

/** The newest snapshot of the job that still exists: by checkpoint id, among completed, savepoint and restored. */
export function newestSnapshot(statistics: CheckpointStatistics | undefined): CompletedSnapshot | undefined {
  return [statistics?.latestCompleted, statistics?.latestSavepoint, statistics?.latestRestored]
    .filter((snapshot) => snapshot !== undefined)
    .filter((snapshot) => !snapshot.discarded && snapshot.externalPath !== "")
    .reduce<CompletedSnapshot | undefined>(
      (newest, snapshot) => (newest === undefined || snapshot.id > newest.id ? snapshot : newest),
      undefined,
    );
}

export interface JobObservation {
  readonly job: JobStatus;
  readonly events: readonly EventIntent[];
}

/** The job's part of the status, from the overview. A job whose JobManager is not READY is RECONCILING. */
export function observeJob(
  status: FlinkDeploymentStatus,
  jobManager: JobManagerDeploymentStatus,
  facts: Facts,
  now: number,
): JobObservation {
  const before = status.jobStatus ?? {};
  const known = jobManager === "READY" ? jobOf(facts, before.jobId) : undefined;
  // Passed through within a second: not worth two writes and two events of every start.
  const found = known?.state === "INITIALIZING" ? undefined : known;
  if (found === undefined) {
    const lost = before.state !== undefined && !isTerminal(before.state) && before.state !== "CANCELLING";
    return { job: lost && jobManager !== "READY" ? { ...before, state: "RECONCILING" } : before, events: [] };
  }
  const changed = before.state !== found.state;
  const job: JobStatus = {
    ...before,
    jobName: found.name,
    startTime: String(found.startTime),
    state: keepsCancelling(before.state, found.state) ? "CANCELLING" : found.state,
    updateTime: changed ? String(now) : before.updateTime,
  };
  if (job.state === before.state) return { job: { ...job, updateTime: before.updateTime }, events: [] };
  return { job, events: [statusChanged(before.state, found.state)] };
}

/**
 * CANCELLING in the status is our intent to cancel; until Flink shows that it heard of it, an overview that still
 * says RUNNING does not take the intent back.
 */
const keepsCancelling = (before: JobState | undefined, found: JobState): boolean =>
  before === "CANCELLING" && !isTerminal(found);

const statusChanged = (from: JobState | undefined, to: JobState): EventIntent => ({
  type: "Normal",
  reason: "JobStatusChanged",
  component: "Job",
  message: from === undefined ? `Job status changed to ${to}` : `Job status changed from ${from} to ${to}`,
});
