import type { FlinkFailure, JobOverview, SavepointStatus } from "../../../api/flinkFacts.ts";
import { causesOf } from "../../../api/stackTrace.ts";
import type { JobStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { deriveTriggerId } from "../../ids.ts";
import { forceHint } from "../deletion/forceDeletion.ts";
import { hasHaMetadata } from "../model/facts.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import {
  allTasksRun,
  failedJobOf,
  isAbsent,
  isTerminal,
  jobOf,
  lastSnapshotOf,
} from "../observe/observeJob.ts";
import { manualRestore, newestState } from "../restore/restoreGuard.ts";
import { leftNothingOfItsOwn, whatIsLeft } from "../restore/runState.ts";
import { recordUpgrade, usesResources } from "../snapshots/requestedSnapshots.ts";
import { withEntry } from "../snapshots/savepointHistory.ts";
import { causeOfFailure } from "../snapshots/snapshotFailure.ts";
import { upgradeFailure } from "../status/failure.ts";
import {
  isStateless,
  launchIntended,
  stoppedForSuspension,
  withJob,
  withoutTrigger,
  withTriggerGivenUp,
} from "../status/status.ts";
import { handOver } from "../warm/handOver.ts";
import { stopOfOthers } from "./actsOfOthers.ts";

/** How long a job that is to be stopped may take to run (again) before the decision is made again. */
const RECOVERY_TIMEOUT_MS = 60_000;
/** How long the tasks of a RUNNING job may take to run too. Flink refuses a savepoint until all of them do. */
const START_TIMEOUT_MS = 30_000;
/** For so long a stop that fails because tasks are just being started again is repeated without an error. */
const BETWEEN_TASKS_MS = 30_000;
/** After this time the last request has either reached the JobManager or never will. */
const REQUEST_TIMEOUT_MS = RECOVERY_TIMEOUT_MS + 15_000;

/** A stop-with-savepoint whose intent is written: requests it (again), waits for it, takes its result. */
export const stopInProgress: Step = (situation) => {
  const { status, facts } = situation;
  const info = status.jobStatus?.savepointInfo;
  const jobId = status.jobStatus?.jobId;
  if (info?.triggerType !== "UPGRADE" || info.triggerId === undefined || jobId === undefined)
    return undefined;
  const jobManager = status.jobManagerDeploymentStatus;
  if (jobManager === "MISSING") return giveUp(situation);
  if (jobManager !== "READY" || isAbsent(facts, jobId)) return notRunning(situation);
  const job = jobOf(facts, jobId);
  if (job === undefined) return {};
  // The trigger was not sent yet, so the JobManager does not know it.
  if (facts.requests?.unsent.has(info.triggerId))
    return notBegun(situation, job, info.triggerId, situation.now);
  const savepoint = facts.flink?.savepoint;
  if (savepoint?.triggerId !== info.triggerId) return {};
  switch (savepoint.status.state) {
    case "completed":
      return stopped(situation, savepoint.status.location, true);
    case "failed":
      return stopFailed(situation, savepoint.status);
    case "in-progress":
      return {};
    case "unknown":
      return notBegun(situation, job, info.triggerId, savepoint.at);
  }
};

/**
 * The JobManager does not know the trigger: the request has not been sent yet, or the JobManager was restarted since.
 */
function notBegun(situation: Situation, job: JobOverview, triggerId: string, observedAt: number): Outcome {
  const newest = newestState(situation);
  if (newest.kind === "wait") return {};
  // A savepoint of a job that started without the newest snapshot would be older than that.
  if (newest.kind !== "own") return giveUp(situation);
  if (isTerminal(job.state)) return endedMeanwhile(situation);
  if (job.state !== "RUNNING") return notRunning(situation);
  if (!allTasksRun(job) && ageOf(situation) < START_TIMEOUT_MS) return { requeueAfterMs: 500 };
  const others = stopOfOthers(situation);
  if (others !== undefined) return others;
  return ageOf(situation) < RECOVERY_TIMEOUT_MS
    ? requestStop(situation, job.id, triggerId)
    : notTaken(situation, observedAt);
}

const ageOf = ({ now, status }: Situation): number =>
  now - (status.jobStatus?.savepointInfo?.triggerTimestamp ?? 0);

/** The JobManager never received the trigger: decides again once no request can be in flight any more. */
function notTaken(situation: Situation, observedAt: number): Outcome {
  const { status, now } = situation;
  const sentAt = now - ageOf(situation);
  return observedAt - sentAt < REQUEST_TIMEOUT_MS
    ? {}
    : { status: withTriggerGivenUp(status), requeueAfterMs: 0 };
}

/** A restarted JobManager recovers its job. If it does not in time, there is HA metadata to restore from. */
const notRunning = (situation: Situation): Outcome =>
  ageOf(situation) < RECOVERY_TIMEOUT_MS ? {} : (savepointUnknown(situation) ?? giveUp(situation));

/** A stopped job leaves no HA metadata, and a restarted JobManager does not know the job's last snapshot. */
function savepointUnknown(situation: Situation): Outcome | undefined {
  const { facts, status, spec, settings } = situation;
  const restarted = status.jobManagerDeploymentStatus === "READY" && isAbsent(facts, status.jobStatus?.jobId);
  if (!restarted || hasHaMetadata(facts.haConfigMaps)) return undefined;
  if (isStateless(spec)) return undefined;
  return manualRestore(
    situation,
    "UpgradeFailed",
    withHint(
      situation,
      "The JobManager was started again while the job was being stopped with a savepoint, and has no job since: the " +
        `savepoint may be in ${settings.savepointDirectory}, but nobody tells its name. ${whereToLook(situation)}`,
    ),
  );
}

/** Flink names a savepoint by the first digits of its job's id, plus random ones. */
function whereToLook({ status }: Situation): string {
  const { jobId = "", savepointInfo } = status.jobStatus ?? {};
  const since = new Date(savepointInfo?.triggerTimestamp ?? 0).toISOString();
  return `Look for savepoint-${jobId.slice(0, 6)}-* written after ${since}.`;
}

function requestStop({ settings, status, resource }: Situation, jobId: string, triggerId: string): Outcome {
  const { savepointDirectory, savepointFormat, drainOnDeletion } = settings;
  const deleting = resource.metadata.deletionTimestamp !== undefined;
  const format = status.jobStatus?.savepointInfo?.formatType;
  return {
    actions: [
      {
        kind: "stop-with-savepoint",
        jobId,
        triggerId,
        targetDirectory: savepointDirectory,
        formatType: format === "NATIVE" || format === "CANONICAL" ? format : savepointFormat,
        // The event time of a job that is resumed later must not be advanced to its end (REFERENCE 6.2).
        drain: deleting && drainOnDeletion,
      },
    ],
  };
}

/**
 * `isSavepoint`: the job's last snapshot is a savepoint of the operator, for the history, and not a checkpoint by
 * Flink.
 */
function stopped(situation: Situation, location: string, isSavepoint: boolean): Outcome {
  const { spec } = situation;
  const job = {
    upgradeSavepointPath: location,
    savepointInfo: isSavepoint
      ? withSavepoint(situation, location)
      : withoutTrigger(situation.status.jobStatus?.savepointInfo),
  };
  const keep = isStateless(spec) ? "stateless" : "savepoint";
  const newest = { ...situation, status: { ...situation.status, newestSnapshot: undefined } };
  const actions = isSavepoint ? recordUpgrade(situation, location) : [];
  if (spec.job?.state === "suspended") return { actions, ...stoppedForSuspension(newest, job) };
  const next = handOver(newest, job) ?? { status: launchIntended(newest, keep, job) };
  return next.status === undefined ? next : { actions, ...next, requeueAfterMs: 0 };
}

function withSavepoint(
  { status, settings, facts, now }: Situation,
  location: string,
): JobStatus["savepointInfo"] {
  const before = status.jobStatus?.savepointInfo;
  const info = withoutTrigger(before);
  // Recorded twice, it would be cleaned up twice (FLINK-38033).
  if (usesResources({ settings, facts })) return info;
  const lastSavepoint = {
    timeStamp: now,
    location,
    triggerType: "UPGRADE" as const,
    formatType: before?.formatType,
  };
  return { ...info, lastSavepoint, savepointHistory: withEntry(info, lastSavepoint, settings, now) };
}

/** The job keeps running. A later reconcile decides again, with another trigger id. */
function stopFailed(situation: Situation, failed: SavepointStatus & { state: "failed" }): Outcome {
  const { facts, status, now } = situation;
  const { jobId, savepointInfo } = status.jobStatus ?? {};
  const { triggerTimestamp: since = 0, formatType: format } = savepointInfo ?? {};
  const cause = causeOfFailure(failedJobOf(facts, jobId), { since, failure: failed.failure, format }, now);
  if (cause === undefined) return { requeueAfterMs: 1_000 };
  if (isBetweenTasks(situation, failed.failure)) return tryAgain(situation);
  const outcome = upgradeFailure(
    situation,
    "SavepointError",
    withHint(situation, `Savepoint failed: ${cause}`),
  );
  return { ...outcome, status: withTriggerGivenUp(outcome.status ?? situation.status) };
}

/**
 * The tasks of the job are being started again without a failure, as after a change of its parallelism. The job runs on, and
 * once all its tasks run it can be stopped. The words are Flink's own, 1.20 and 2.3. The adaptive scheduler has the last ones for
 * every failed stop, and the failure itself as their cause.
 */
function isBetweenTasks(situation: Situation, { stackTrace }: FlinkFailure): boolean {
  const { triggerTimestamp: since = 0 } = situation.status.jobStatus?.savepointInfo ?? {};
  const { exceptions } = failedJobOf(situation.facts, situation.status.jobStatus?.jobId);
  const hasFailed = exceptions?.list.some(({ timestamp }) => timestamp >= since) === true;
  if (hasFailed || ageOf(situation) >= BETWEEN_TASKS_MS) return false;
  const innermost = causesOf(stackTrace).at(-1)?.message ?? "";
  return [
    "The Flink job is currently not executing",
    "is not being executed at the moment",
    "Stop with savepoint operation could not be completed",
  ].some((words) => innermost.includes(words));
}

/** Under another trigger id. The time stays that of the first one, from which all tries count. */
function tryAgain(situation: Situation): Outcome {
  const { status, uid, now, diff, resource } = situation;
  if (diff?.type === "IGNORE" && resource.metadata.deletionTimestamp === undefined) return giveUp(situation);
  const { jobId = "", savepointInfo } = status.jobStatus ?? {};
  const again = { ...savepointInfo, triggerId: deriveTriggerId(uid, jobId, now) };
  return { status: withJob(status, { savepointInfo: again }), requeueAfterMs: 0 };
}

/** A deletion that waits for a savepoint reports how to continue without one. */
const withHint = (situation: Situation, message: string): string =>
  situation.resource.metadata.deletionTimestamp === undefined
    ? message
    : `${message} ${forceHint(situation)}`;

/**
 * The job has ended but there is no result of the trigger (the JobManager forgot it): takes the job's newest
 * snapshot.
 */
function endedMeanwhile(situation: Situation): Outcome {
  const { facts, status, spec } = situation;
  if (isStateless(spec)) return giveUp(situation);
  const last = lastSnapshotOf(facts, status.jobStatus?.jobId);
  if (last.kind === "unknown") return {};
  if (leftNothingOfItsOwn(status, facts))
    return manualRestore(situation, "UpgradeFailed", withHint(situation, whatIsLeft(status)));
  if (last.kind === "at") return stopped(situation, last.path, last.isSavepoint);
  return manualRestore(
    situation,
    "UpgradeFailed",
    withHint(
      situation,
      "The job ended while it was being stopped with a savepoint, and its JobManager does not tell where the " +
        "savepoint is.",
    ),
  );
}

/** Decides again with the current facts: last-state from HA metadata, or a failure that requires a manual restore. */
const giveUp = ({ status }: Situation): Outcome => ({
  status: withJob(status, { savepointInfo: withoutTrigger(status.jobStatus?.savepointInfo) }),
  requeueAfterMs: 0,
});
