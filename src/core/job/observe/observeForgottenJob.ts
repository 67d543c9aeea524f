import type { JobState } from "../../../api/flinkFacts.ts";
import { MAIN_CONTAINER } from "../../../api/v1beta1/names.ts";
import type { EventIntent } from "../model/decision.ts";
import type { Facts, LogSource } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { hadState, withStateSpent } from "../restore/runState.ts";
import { isBeingStopped } from "../status/beingStopped.ts";
import { LAST_STATE_DUMMY_PATH, withJob } from "../status/status.ts";
import { isAbsent, statusChanged } from "./observeJob.ts";
import { firstCause } from "./observeJobManager.ts";

/** How long a restarted JobManager may take to recover its job. */
const RECOVERY_TIMEOUT_MS = 30_000;

/**
 * The log of the crash after which a JobManager restarted without its job. The job result store says that the job has
 * ended, so Flink does not start it again, lists no job, and does not show why it failed. Up to 1.20, a job whose
 * savepoint does not exist ends like this.
 */
export function forgottenJobLog(
  { jobManagerDeploymentStatus: jobManager, jobStatus }: FlinkResourceStatus,
  facts: Facts,
  now: number,
): LogSource | undefined {
  if (jobManager !== "READY" || jobStatus?.state !== "RECONCILING" || !isAbsent(facts, jobStatus.jobId))
    return undefined;
  for (const { name, deleting, restarted } of facts.jobManagerPods) {
    if (deleting || restarted === undefined || now - restarted.at < RECOVERY_TIMEOUT_MS) continue;
    return { pod: name, container: MAIN_CONTAINER, restartCount: restarted.restartCount };
  }
  return undefined;
}

/**
 * Why the JobManager has no job; undefined while its log has not been read, and while the job may still be recovered.
 */
export function forgottenJob(status: FlinkResourceStatus, facts: Facts, now: number): string | undefined {
  const log = logOfCrash(status, facts, now);
  if (log === undefined) return undefined;
  const cause = firstCause(log);
  return `The JobManager crashed and has no job since${cause === undefined ? "" : `: ${cause}`}`;
}

/**
 * The end of the job, if only the log of the previous JobManager contains it. The log does not show the last
 * snapshot. That is known only for a job that finished by itself (nothing), and for one that never completed a
 * checkpoint (what it was started from).
 */
export function withForgottenEnd(
  status: FlinkResourceStatus,
  facts: Facts,
  now: number,
): { readonly status: FlinkResourceStatus; readonly events: readonly EventIntent[] } {
  const { jobId = "", state: before, upgradeSavepointPath: startedFrom } = status.jobStatus ?? {};
  const end = endInLog(logOfCrash(status, facts, now) ?? "", jobId);
  if (end === undefined || isBeingStopped(status)) return { status, events: [] };
  const restorePaths = {
    nothing: undefined,
    // Which is older than what a run has come to whose tasks were at work.
    "what it was started from": hadState(status) ? LAST_STATE_DUMMY_PATH : startedFrom,
    unknown: LAST_STATE_DUMMY_PATH,
  };
  const ended = withJob(status, {
    state: end.state,
    updateTime: String(now),
    upgradeSavepointPath: restorePaths[end.lastSnapshot],
  });
  return {
    status: end.lastSnapshot === "nothing" ? withNothingLeft(ended) : ended,
    events: [statusChanged(before, end.state)],
  };
}

/** Flink discards the checkpoints of a job that finishes by itself: its next run continues from none of them. */
const withNothingLeft = (status: FlinkResourceStatus): FlinkResourceStatus =>
  withStateSpent(
    status.newestSnapshot === undefined || status.newestSnapshot.jobId !== status.jobStatus?.jobId
      ? status
      : { ...status, newestSnapshot: undefined },
  );

interface End {
  readonly state: JobState;
  readonly lastSnapshot: "nothing" | "what it was started from" | "unknown";
}

/**
 * How a job ended, from the log messages of Flink's Dispatcher, scheduler and checkpoint coordinator (1.15 to 2.3).
 */
export function endInLog(log: string, jobId: string): End | undefined {
  const match = (words: string) => new RegExp(words.replace("ID", jobId)).exec(log);
  const state = match("Job ID reached terminal state (FINISHED|FAILED|CANCELED)\\b")?.[1] as
    | JobState
    | undefined;
  if (state === undefined) return undefined;
  const stopped = match("Triggering stop-with-savepoint for job ID") !== null;
  if (state === "FINISHED") return { state, lastSnapshot: stopped ? "unknown" : "nothing" };
  const isCompleteLog =
    match("Submitting job '.*' \\(ID\\)") !== null && match("Recovered \\w+\\(jobId: ID\\)") === null;
  const hasCheckpointed = match("Completed checkpoint \\d+ for job ID") !== null;
  return { state, lastSnapshot: isCompleteLog && !hasCheckpointed ? "what it was started from" : "unknown" };
}

function logOfCrash(status: FlinkResourceStatus, facts: Facts, now: number): string | undefined {
  const [requested, log] = [forgottenJobLog(status, facts, now), facts.podLog];
  const isRequestedLog =
    requested !== undefined && log?.pod === requested.pod && log.restartCount === requested.restartCount;
  return isRequestedLog ? log.text : undefined;
}
