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
  stateOf,
  told,
} from "./situation.ts";

/** How long a job that starts, or is started again, may take until a snapshot of it can be taken. */
const PATIENCE_MS = 300_000;
/** An intent this old may have been carried out by an operator that is no more: Flink's own list is looked at first. */
const OLD_MS = 30_000;
/** How long Flink may take to tell where a checkpoint is: its details come out of a cache of some seconds. */
const DETAILS_MS = 30_000;

/** Writes down, once the job can be snapshot, under which id Flink will be asked. */
export const pending: Step = (situation) => {
  if (stateOf(situation) !== "TRIGGER_PENDING") return undefined;
  const { status, resource, now } = situation;
  const { failures = 0 } = status;
  const retryAt = since(status.resultTimestamp, -Infinity) + retryPauseMs(failures);
  if (failures > 0 && now < retryAt) return { requeueAfterMs: retryAt - now };
  const job = jobOf(situation);
  const obstacle = obstacleOf(job);
  if (obstacle?.forGood) return abandoned(situation, obstacle.why);
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

/** A snapshot whose intent is written: ask for it (again), wait for it, take its result. */
export const inProgress: Step = (situation) => {
  if (stateOf(situation) !== "IN_PROGRESS") return undefined;
  const job = jobOf(situation);
  const operation = operationOf(situation, job);
  if (job === undefined || operation === undefined) return abandoned(situation, NO_JOB);
  const outcome = resultOf(situation, job, operation) ?? {};
  if (outcome.status !== undefined) return outcome;
  // Flink logs the question for a trigger that it does not know as an error.
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
  const told = facts.operation;
  const answer = told?.operation.triggerId === operation.triggerId ? told.answer : undefined;
  const looksAgain = { requeueAfterMs: progressCheckIntervalMs };
  switch (answer?.status.state) {
    case "completed":
      // What counts is for how long Flink says so, not for how long nobody could ask it.
      return now - answer.since < PATIENCE_MS
        ? complete(situation, answer.status, answer.at - answer.since)
        : complete(situation, answer.status, PATIENCE_MS);
    case "failed": {
      const snapshot = {
        since: triggeredAt(situation),
        failure: answer.status.failure,
        format: formatOf(situation),
      };
      const cause = causeOfFailure(job.told ?? nothingTold, snapshot, now);
      return cause === undefined ? { requeueAfterMs: 1_000 } : attemptFailed(situation, cause);
    }
    case "in-progress":
      return lost(situation, job) ?? looksAgain;
    case "unknown":
      return notBegun(situation, job, operation);
    case undefined: {
      const obstacle = obstacleOf(job);
      const waiting =
        obstacle === undefined ? looksAgain : wait(situation, triggeredAt(situation), obstacle.why);
      return lost(situation, job) ?? waiting;
    }
  }
}

/** While its JobManager answers it will tell, also of a job that has ended; nobody else can. */
function lost(situation: Situation, job: ReferredJob): Outcome | undefined {
  const obstacle = obstacleOf(job);
  const mayTell = job.endpoint !== undefined && ageOf(situation) < PATIENCE_MS;
  return obstacle?.forGood && !mayTell ? abandoned(situation, obstacle.why) : undefined;
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
  return completed(situation, "", [told("Warning", errorReason(situation), message)]);
}

/** The JobManager does not know the trigger: it was not asked yet, was started again since, or has forgotten. */
function notBegun(situation: Situation, job: ReferredJob, operation: TriggerOperation): Outcome {
  const obstacle = obstacleOf(job);
  if (obstacle?.forGood) return abandoned(situation, obstacle.why);
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

/** A savepoint that began after the intent was written, and that nobody else calls his own, is this one. */
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

const nothingTold = { exceptions: undefined, changedAt: undefined };

/** A trigger that the JobManager did not take. Undefined: that may pass, and it is sent again. */
export function triggerFailed(
  situation: Situation,
  failure: { readonly status: number; readonly message: string },
): Outcome | undefined {
  if (isTransientFailure(failure) && ageOf(situation) < 2 * OLD_MS) return undefined;
  return attemptFailed(situation, failure.message);
}

interface Obstacle {
  readonly why: string;
  /** It does not pass by itself. */
  readonly forGood: boolean;
}

const NO_JOB = "there is no such job any more";

function obstacleOf(job: ReferredJob | undefined): Obstacle | undefined {
  if (job === undefined) return { why: NO_JOB, forGood: true };
  if (!job.toRun) return { why: "its job is suspended or being deleted", forGood: true };
  if (isTerminal(job.state)) return { why: `its job is ${job.state}`, forGood: true };
  if (job.state !== "RUNNING") return { why: `its job is ${job.state ?? "not there yet"}`, forGood: false };
  return job.canBeSnapshot ? undefined : { why: "not all tasks of its job run", forGood: false };
}

/** The job is on its way; its changes wake the snapshot. Not for ever. */
function wait(situation: Situation, from: number, why = "its JobManager does not answer"): Outcome {
  const left = from + PATIENCE_MS - situation.now;
  return left > 0
    ? {
        requeueAfterMs: Math.min(
          left,
          jobOf(situation)?.state === "RUNNING" ? 1_000 : situation.progressCheckIntervalMs,
        ),
      }
    : abandoned(situation, `for ${PATIENCE_MS / 60_000} minutes, ${why}`);
}

const triggeredAt = ({ status, now }: Situation): number => since(status.triggerTimestamp, now);
const ageOf = (situation: Situation): number => situation.now - triggeredAt(situation);

const since = (time: string | undefined, otherwise: number): number => {
  const at = Date.parse(time ?? "");
  return Number.isNaN(at) ? otherwise : at;
};
