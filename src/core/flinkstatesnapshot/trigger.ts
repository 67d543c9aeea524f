import type { Operation, OperationStatus } from "../../api/flinkFacts.ts";
import { deriveAttemptId } from "../ids.ts";
import { isTerminal } from "../job/observe/observeJob.ts";
import { isOfEarlierRun, triggerTimeOf } from "../job/restore/knownSnapshots.ts";
import { causeOfFailure } from "../job/snapshots/snapshotFailure.ts";
import { isTransientFailure } from "../job/status/failure.ts";
import { abandoned, attemptFailed, completed, retryPauseMs } from "./attempt.ts";
import type { Action, Outcome, Place } from "./decision.ts";
import type { ReferredJob } from "./facts.ts";
import {
  errorReason,
  following,
  isCheckpoint,
  isoTime,
  jobOf,
  type Situation,
  type Step,
  snapshotEvent,
  stateOf,
} from "./situation.ts";

/** How long a job that starts or restarts may take until a snapshot of it can be taken. */
const TIMEOUT_MS = 300_000;
/** An intent this old may have been carried out by a previous operator process: Flink's own list is checked first. */
const OLD_MS = 30_000;
/** How long Flink may take to report the path of a checkpoint, which it caches for some seconds. */
const DETAILS_MS = 30_000;

/** Once the job can be snapshot, records the id for the request to Flink. */
export const pending: Step = (situation) => {
  if (stateOf(situation) !== "TRIGGER_PENDING") return undefined;
  const { status, resource, now } = situation;
  const { failures = 0 } = status;
  const retryAt = since(status.resultTimestamp, -Infinity) + retryPauseMs(failures);
  if (failures > 0 && now < retryAt) return { requeueAfterMs: retryAt - now };
  const job = jobOf(situation);
  const obstacle = obstacleOf(job);
  if (obstacle?.permanent) return abandoned(situation, obstacle.why);
  if (obstacle !== undefined || job?.jobId === undefined)
    return wait(situation, Math.max(since(resource.metadata.creationTimestamp, now), retryAt), obstacle?.why);
  return {
    status: {
      ...status,
      state: "IN_PROGRESS",
      failures,
      triggerId: deriveAttemptId(resource.metadata.uid ?? "", job.jobId, failures),
      triggerTimestamp: isoTime(triggerTimeOf(job.startedAt, now)),
    },
    requeueAfterMs: 0,
  };
};

/** A snapshot whose intent is written: requests it (again), waits for it, takes its result. */
export const inProgress: Step = (situation) => {
  if (stateOf(situation) !== "IN_PROGRESS") return undefined;
  const job = jobOf(situation);
  const operation = operationOf(situation, job);
  if (job === undefined || operation === undefined) return abandoned(situation, NO_JOB);
  const outcome = resultOf(situation, job, operation) ?? {};
  if (outcome.status !== undefined) return outcome;
  // Flink logs an error if it is asked for a trigger that it does not know.
  const mayBeKnown = outcome.actions !== undefined || !isUnsent(situation, operation);
  return mayBeKnown ? { ...outcome, follow: following(job.cluster, operation) } : outcome;
};

type TriggerOperation = Exclude<Operation, { kind: "disposal" }>;

function operationOf(
  { status, resource }: Situation,
  job: ReferredJob | undefined,
): TriggerOperation | undefined {
  const { triggerId } = status;
  if (job?.jobId === undefined || triggerId === undefined) return undefined;
  return { kind: isCheckpoint({ resource }) ? "checkpoint" : "savepoint", jobId: job.jobId, triggerId };
}

const isUnsent = ({ facts }: Situation, { triggerId }: TriggerOperation): boolean =>
  facts.unsent === triggerId;

function resultOf(situation: Situation, job: ReferredJob, operation: TriggerOperation): Outcome | undefined {
  if (isUnsent(situation, operation)) return notBegun(situation, job, operation);
  const { facts, now, progressCheckIntervalMs } = situation;
  const followed = facts.operation;
  const answer = followed?.operation.triggerId === operation.triggerId ? followed.answer : undefined;
  const requeue = { requeueAfterMs: progressCheckIntervalMs };
  switch (answer?.status.state) {
    case "completed":
      // Counts the time for which Flink has reported this, not the time without an answer.
      return now - answer.since < TIMEOUT_MS
        ? complete(situation, answer.status, answer.at - answer.since)
        : complete(situation, answer.status, TIMEOUT_MS);
    case "failed": {
      const snapshot = {
        since: triggeredAt(situation),
        failure: answer.status.failure,
        format: formatOf(situation),
      };
      const cause = causeOfFailure(job.reported ?? nothingReported, snapshot, now);
      return cause === undefined ? { requeueAfterMs: 1_000 } : attemptFailed(situation, cause);
    }
    case "in-progress":
      return lost(situation, job) ?? requeue;
    case "unknown":
      return notBegun(situation, job, operation);
    case undefined: {
      const obstacle = obstacleOf(job);
      const waiting =
        obstacle === undefined ? requeue : wait(situation, triggeredAt(situation), obstacle.why);
      return lost(situation, job) ?? waiting;
    }
  }
}

/** While its JobManager answers it can report the result, also of a job that has ended. No one else can. */
function lost(situation: Situation, job: ReferredJob): Outcome | undefined {
  const obstacle = obstacleOf(job);
  const mayReport = job.endpoint !== undefined && ageOf(situation) < TIMEOUT_MS;
  return obstacle?.permanent && !mayReport ? abandoned(situation, obstacle.why) : undefined;
}

function complete(
  situation: Situation,
  { location }: OperationStatus & { state: "completed" },
  forMs: number,
): Outcome {
  if (location !== undefined && location !== "") return completed(situation, location);
  if (forMs < DETAILS_MS) return { requeueAfterMs: 1_000 };
  const message =
    "The checkpoint is complete, but Flink does not tell where it is: web.checkpoints.history may be too small.";
  return completed(situation, "", [snapshotEvent("Warning", errorReason(situation), message)]);
}

/**
 * The JobManager does not know the trigger: the request was not sent yet, or the JobManager was restarted, or has
 * forgotten it.
 */
function notBegun(situation: Situation, job: ReferredJob, operation: TriggerOperation): Outcome {
  const obstacle = obstacleOf(job);
  if (obstacle?.permanent) return abandoned(situation, obstacle.why);
  if (obstacle !== undefined || job.endpoint === undefined)
    return wait(situation, triggeredAt(situation), obstacle?.why);
  if (ageOf(situation) > OLD_MS && operation.kind === "savepoint" && !isUnsent(situation, operation)) {
    if (job.newestSavepoint === undefined) return { requeueAfterMs: 1_000 };
    const path = pathInFlinksList(situation, job);
    if (path !== undefined) return completed(situation, path);
  }
  if (isOfEarlierRun(triggeredAt(situation), job.startedAt))
    return {
      status: { ...situation.status, triggerTimestamp: isoTime(triggerTimeOf(job.startedAt, situation.now)) },
      requeueAfterMs: 0,
    };
  return {
    actions: [triggerAction(situation, job, operation, { cluster: job.cluster, endpoint: job.endpoint })],
  };
}

/** A savepoint that began after the intent was written, and that belongs to no one else, is this one. */
function pathInFlinksList(
  situation: Situation,
  { newestSavepoint: newest }: ReferredJob,
): string | undefined {
  const { facts } = situation;
  if (newest === undefined || newest === "none" || facts.othersOpen) return undefined;
  return newest.takenAt >= triggeredAt(situation) && !facts.isClaimed(newest.path) ? newest.path : undefined;
}

function triggerAction({ resource }: Situation, job: ReferredJob, operation: Operation, at: Place): Action {
  const { triggerId } = operation;
  const { savepoint } = resource.spec;
  const jobId = job.jobId ?? "";
  if (savepoint === undefined)
    return { kind: "trigger-checkpoint", at, jobId, triggerId, checkpointType: job.checkpointType };
  return {
    kind: "trigger-savepoint",
    at,
    jobId,
    triggerId,
    targetDirectory:
      savepoint.path === undefined || savepoint.path === "" ? job.savepointDirectory : savepoint.path,
    formatType: formatOf({ resource }) ?? "CANONICAL",
  };
}

const formatOf = ({
  resource: { spec },
}: Pick<Situation, "resource">): "NATIVE" | "CANONICAL" | undefined => {
  if (spec.savepoint === undefined) return undefined;
  return spec.savepoint.formatType === "NATIVE" ? "NATIVE" : "CANONICAL";
};

const nothingReported = { exceptions: undefined, changedAt: undefined };

/** A trigger that the JobManager rejected. Undefined: the failure may be transient, and the trigger is sent again. */
export function triggerFailed(
  situation: Situation,
  failure: { readonly status: number; readonly message: string },
): Outcome | undefined {
  if (isTransientFailure(failure) && ageOf(situation) < 2 * OLD_MS) return undefined;
  return attemptFailed(situation, failure.message);
}

interface Obstacle {
  readonly why: string;
  /** The failure is permanent. */
  readonly permanent: boolean;
}

const NO_JOB = "there is no such job any more";

/** Why no snapshot of the job can be taken now. */
export function obstacleOf(job: ReferredJob | undefined): Obstacle | undefined {
  if (job === undefined) return { why: NO_JOB, permanent: true };
  if (!job.toRun) return { why: "its job is suspended or being deleted", permanent: true };
  if (isTerminal(job.state)) return { why: `its job is ${job.state}`, permanent: true };
  if (job.state !== "RUNNING") return { why: `its job is ${job.state ?? "not there yet"}`, permanent: false };
  return job.canBeSnapshot ? undefined : { why: "not all tasks of its job run", permanent: false };
}

/** Waits for the job, whose changes enqueue the snapshot. With a time limit. */
function wait(situation: Situation, from: number, why = "its JobManager does not answer"): Outcome {
  const left = from + TIMEOUT_MS - situation.now;
  return left > 0
    ? {
        requeueAfterMs: Math.min(
          left,
          jobOf(situation)?.state === "RUNNING" ? 1_000 : situation.progressCheckIntervalMs,
        ),
      }
    : abandoned(situation, `for ${TIMEOUT_MS / 60_000} minutes, ${why}`);
}

const triggeredAt = ({ status, now }: Situation): number => since(status.triggerTimestamp, now);
const ageOf = (situation: Situation): number => situation.now - triggeredAt(situation);

const since = (time: string | undefined, otherwise: number): number => {
  const at = Date.parse(time ?? "");
  return Number.isNaN(at) ? otherwise : at;
};
