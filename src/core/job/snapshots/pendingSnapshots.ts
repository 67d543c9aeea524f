import type { OperationStatus } from "../../../api/flinkFacts.ts";
import type {
  CheckpointType,
  SavepointFormatType,
  SnapshotKind,
} from "../../../api/v1beta1/flinkdeployment.ts";
import { operatorOptions } from "../../../config/operatorOptions.ts";
import type { Action, EventIntent } from "../model/decision.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { checkpointsOf, failedJobOf } from "../observe/observeJob.ts";
import { isOfEarlierRun, runStartedAt, triggerTimeOf } from "../restore/knownSnapshots.ts";
import {
  createSnapshot,
  lastPeriodic,
  nonceFields,
  nonceOf,
  noTrigger,
  snapshotKindsOfJob,
  type TriggerInfo,
  triggerInfoOf,
  usesResources,
  withLastPeriodic,
  withNonceDone,
  withTriggerInfo,
} from "./requestedSnapshots.ts";
import { withEntry } from "./savepointHistory.ts";
import { causeOfFailure } from "./snapshotFailure.ts";

/**
 * Intended snapshots: creates their resource or, without resources, sends the trigger to Flink and records the
 * result.
 */
export const pendingSnapshots: Step = (situation) => {
  let waiting: Outcome | undefined;
  for (const kind of snapshotKindsOfJob) {
    const info = triggerInfoOf(situation.status, kind);
    if (info?.triggerType === undefined || info.triggerType === "UPGRADE") continue;
    const outcome =
      info.triggerId === undefined
        ? makeResource(situation, kind, info)
        : followTrigger(situation, kind, info);
    if (outcome.othersMayAct !== true) return { ...waiting, ...outcome };
    waiting = { ...waiting, ...outcome };
  }
  return waiting;
};

function makeResource(situation: Situation, kind: SnapshotKind, info: TriggerInfo): Outcome {
  const at = info.triggerTimestamp ?? situation.now;
  const done = withoutIntent(situation, kind);
  return {
    actions: [createSnapshot(situation, { kind, triggerType: "MANUAL", at })],
    status: withNonceDone({ ...situation, status: done }, kind),
    requeueAfterMs: 0,
  };
}

const withoutIntent = ({ status }: Situation, kind: SnapshotKind): FlinkResourceStatus =>
  withTriggerInfo(status, kind, noTrigger);

function followTrigger(situation: Situation, kind: SnapshotKind, info: TriggerInfo): Outcome {
  const { status, facts } = situation;
  const { state } = status.jobStatus ?? {};
  const answer = answerOf(situation, kind, info);
  if (answer?.state === "completed") return completed(situation, kind, info, answer.location);
  if (answer?.state === "failed") {
    const { jobId, savepointInfo, checkpointInfo } = status.jobStatus ?? {};
    const { formatType: format } = (kind === "savepoint" ? savepointInfo : checkpointInfo) ?? {};
    const snapshot = { since: info.triggerTimestamp ?? 0, failure: answer.failure, format };
    const cause = causeOfFailure(failedJobOf(facts, jobId), snapshot, situation.now);
    return cause === undefined
      ? { ...keepFollowing(situation, kind, info), requeueAfterMs: 1_000 }
      : failed(situation, kind, info, cause);
  }
  if (state !== "RUNNING") {
    // The JobManager of a job that has just ended, or that restarts because of the snapshot, can still report the result.
    const isOpen = answer === undefined || answer.state === "in-progress";
    const mayReport = isOpen && facts.flink?.reachability === "ok";
    return mayReport && ageOf(situation, info) < situation.settings.triggerGraceMs[kind]
      ? keepFollowing(situation, kind, info)
      : givenUp(situation, kind, info, `the job is ${state}`);
  }
  if (answer?.state !== "unknown") return keepFollowing(situation, kind, info);
  const startedAt = runStartedAt(status.jobStatus);
  if (isOfEarlierRun(info.triggerTimestamp, startedAt)) {
    const again = { ...info, ...dueBefore(info), triggerTimestamp: triggerTimeOf(startedAt, situation.now) };
    return { status: withTriggerInfo(status, kind, again), requeueAfterMs: 0 };
  }
  return ageOf(situation, info) < situation.settings.triggerGraceMs[kind]
    ? { ...keepFollowing(situation, kind, info), actions: [trigger(situation, kind, info)] }
    : givenUp(situation, kind, info, "its JobManager does not know of it (any more)");
}

/** A periodic snapshot that is requested again stays that of the time when it was due. */
const dueBefore = ({
  triggerType,
  triggerTimestamp,
  firstTriggerTimestamp = triggerTimestamp,
}: TriggerInfo): Pick<TriggerInfo, "firstTriggerTimestamp"> =>
  triggerType === "PERIODIC" ? { firstTriggerTimestamp } : {};

const ageOf = ({ now }: Situation, { triggerTimestamp }: TriggerInfo): number =>
  now - (triggerTimestamp ?? 0);

function answerOf(
  { facts }: Situation,
  kind: SnapshotKind,
  { triggerId }: TriggerInfo,
): OperationStatus | undefined {
  if (triggerId !== undefined && facts.requests?.unsent.has(triggerId)) return { state: "unknown" };
  if (kind === "savepoint")
    return facts.flink?.savepoint?.triggerId === triggerId ? facts.flink?.savepoint?.status : undefined;
  const followed = facts.operations?.checkpoint;
  return followed?.operation.triggerId === triggerId ? followed?.answer?.status : undefined;
}

/** A pending savepoint is in the poll plan. A checkpoint is followed in addition to the plan. */
function keepFollowing({ status }: Situation, kind: SnapshotKind, { triggerId = "" }: TriggerInfo): Outcome {
  const { jobId = "" } = status.jobStatus ?? {};
  return kind === "savepoint"
    ? { othersMayAct: true }
    : { othersMayAct: true, follow: { checkpoint: { kind, jobId, triggerId } } };
}

function trigger(
  { status, settings }: Situation,
  kind: SnapshotKind,
  { triggerId = "" }: TriggerInfo,
): Action {
  const { jobId = "", savepointInfo, checkpointInfo } = status.jobStatus ?? {};
  if (kind === "checkpoint") {
    const checkpointType = checkpointInfo?.formatType === "INCREMENTAL" ? "INCREMENTAL" : "FULL";
    return { kind: "trigger-checkpoint", jobId, triggerId, checkpointType };
  }
  return {
    kind: "trigger-savepoint",
    jobId,
    triggerId,
    targetDirectory: settings.savepointDirectory,
    formatType: savepointInfo?.formatType === "NATIVE" ? "NATIVE" : "CANONICAL",
  };
}

function completed(
  situation: Situation,
  kind: SnapshotKind,
  info: TriggerInfo,
  location: string | undefined,
): Outcome {
  const { status, settings, now } = situation;
  const nonce = info.triggerType === "MANUAL" ? { triggerNonce: nonceOf(situation, kind) } : {};
  const common = { timeStamp: info.triggerTimestamp, triggerType: info.triggerType, ...nonce };
  const { savepointInfo, checkpointInfo } = status.jobStatus ?? {};
  const savepoint = { ...common, location, formatType: savepointInfo?.formatType as SavepointFormatType };
  const checkpoint = { ...common, formatType: checkpointInfo?.formatType as CheckpointType };
  const recorded =
    kind === "savepoint"
      ? { lastSavepoint: savepoint, savepointHistory: withEntry(savepointInfo, savepoint, settings, now) }
      : { lastCheckpoint: checkpoint };
  return ended({ ...situation, status: withTriggerInfo(status, kind, recorded) }, kind, info);
}

/**
 * Retries for the grace period, as the reference does. It counts from the first attempt: each attempt has its own
 * trigger time. After that the request counts as done.
 */
function failed(situation: Situation, kind: SnapshotKind, info: TriggerInfo, cause: string): Outcome {
  const { status, settings, now } = situation;
  const { triggerTimestamp, firstTriggerTimestamp = triggerTimestamp } = info;
  if (now - (firstTriggerTimestamp ?? 0) >= settings.triggerGraceMs[kind])
    return givenUp(situation, kind, info, cause);
  const retried = withTriggerInfo(status, kind, { ...noTrigger, triggerTimestamp, firstTriggerTimestamp });
  return { status: retried, events: [failure(situation, kind, info, cause)], requeueAfterMs: 0 };
}

function givenUp(situation: Situation, kind: SnapshotKind, info: TriggerInfo, cause: string): Outcome {
  return { ...ended(situation, kind, info), events: [failure(situation, kind, info, cause)] };
}

/** The trigger has ended, with any result: the same request does not trigger again. */
function ended(situation: Situation, kind: SnapshotKind, info: TriggerInfo): Outcome {
  const { settings, now } = situation;
  const { triggerTimestamp = now, firstTriggerTimestamp = triggerTimestamp } = info;
  const due = settings.periodic[kind]?.dueAt(lastPeriodic(situation, kind), triggerTimestamp);
  const done = { ...situation, status: withoutIntent(situation, kind) };
  const status =
    info.triggerType === "MANUAL"
      ? withNonceDone(done, kind)
      : withLastPeriodic(done.status, kind, due ?? firstTriggerTimestamp);
  return { status, requeueAfterMs: 0 };
}

/** The reference's message (REFERENCE 1.10). */
function failure(situation: Situation, kind: SnapshotKind, info: TriggerInfo, cause: string): EventIntent {
  const what = kind === "savepoint" ? "savepoint" : "checkpoint";
  const named = `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
  const message =
    info.triggerType === "MANUAL"
      ? `${named} failed for ${nonceFields[kind]}: ${nonceOf(situation, kind)}`
      : `Periodic ${what} failed`;
  return {
    type: "Warning",
    reason: kind === "savepoint" ? "SavepointError" : "CheckpointError",
    component: "Operator",
    message: `${message}: ${cause}`,
  };
}

/** An upgrade waits for a savepoint in progress, unless configured otherwise. */
export const awaitSavepoint: Step = (situation) => {
  const { diff } = situation;
  const restarts = diff !== undefined && diff.type !== "IGNORE" && diff.type !== "APPLY";
  const waitsFor = restarts ? savepointToAwait(situation) : undefined;
  return waitsFor === undefined ? undefined : { waitsFor };
};

/** A savepoint of somebody else that whoever is about to stop the job has to wait for, as a clause. */
export function savepointOfOthers({ status, settings, facts }: Situation): string | undefined {
  const { jobId } = status.jobStatus ?? {};
  if (settings.ignorePendingSavepoint || checkpointsOf(facts, jobId)?.savepointSince === undefined)
    return undefined;
  const hint = `set ${operatorOptions.ignorePendingSavepoint.key} not to wait`;
  return `a savepoint is being taken that somebody else asked for (${hint})`;
}

/** The savepoint to wait for before the job is stopped, as a clause. */
export function savepointToAwait(situation: Situation): string | undefined {
  const { status, settings, facts } = situation;
  if (settings.ignorePendingSavepoint || status.jobStatus?.state !== "RUNNING") return undefined;
  const { triggerType } = status.jobStatus?.savepointInfo ?? {};
  const hint = `set ${operatorOptions.ignorePendingSavepoint.key} not to wait`;
  if (triggerType === "MANUAL" || triggerType === "PERIODIC") return `a savepoint is being taken (${hint})`;
  const pending = facts.snapshots.find(
    ({ kind, state, deleting }) => kind === "savepoint" && state === "IN_PROGRESS" && !deleting,
  );
  if (pending === undefined || !usesResources(situation)) return undefined;
  return `the FlinkStateSnapshot ${pending.name} is being taken (${hint})`;
}
