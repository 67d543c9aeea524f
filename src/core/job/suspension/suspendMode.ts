import { flinkOptions } from "../../../config/flinkOptions.ts";
import { operatorOptions } from "../../../config/operatorOptions.ts";
import { hasHaCheckpoint, hasHaMetadata, isNeverAvailable } from "../model/facts.ts";
import type { Situation } from "../model/situation.ts";
import type { SuspendMode } from "../model/suspendMode.ts";
import {
  checkpointsKnown,
  checkpointsOf,
  isEndReported,
  isFailedMain,
  isTerminal,
  jobOf,
} from "../observe/observeJob.ts";
import { ageOfState } from "../restore/checkpointAge.ts";
import { manualRestoreMessage, newestState } from "../restore/restoreGuard.ts";
import { hadState, leftNothingOfItsOwn, whatIsLeft } from "../restore/runState.ts";
import { endsInFlink, sameHaLocation, unreadableState } from "../restore/unreadableHaMetadata.ts";
import { LAST_STATE_DUMMY_PATH } from "../status/status.ts";

type Check = (situation: Situation) => SuspendMode | undefined;

/** How a job is stopped, and so how the next one is restored (REFERENCE 1.6). */
export const decideSuspendMode = (situation: Situation): SuspendMode =>
  checks.map((check) => check(situation)).find((mode) => mode !== undefined) ?? {
    kind: "wait",
    why: whyNothingFits(situation),
  };

const checks: readonly Check[] = [
  withoutCurrentFacts,
  statelessRequested,
  jobWithoutNewestSnapshot,
  failedMain,
  endedJob,
  cancellationUnderWay,
  savepointOfRunningJob,
  savepointAcrossVersions,
  savepointInsteadOfOldCheckpoint,
  haMetadata,
  cancelToCheckpoint,
  savepointInsteadOfCancel,
  neverStarted,
  jobManagerGone,
];

const requested = ({ spec }: Situation) => spec.job?.upgradeMode ?? "stateless";
const running = ({ status }: Situation): boolean => status.jobStatus?.state === "RUNNING";
const ready = ({ status }: Situation): boolean => status.jobManagerDeploymentStatus === "READY";
const versionChanged = ({ spec, deployed }: Situation): boolean =>
  deployed !== undefined && deployed.spec.flinkVersion !== spec.flinkVersion;

/** Flink accepts a cancel of this job: its JobManager answers and the job has not ended. */
function cancellable(situation: Situation): boolean {
  const state = situation.status.jobStatus?.state;
  return ready(situation) && state !== undefined && state !== "RECONCILING" && !isTerminal(state);
}

/** The status may be outdated after an operator restart: the decision needs a current answer from Flink. */
function withoutCurrentFacts(situation: Situation): SuspendMode | undefined {
  const { facts, status } = situation;
  const { flink, jobManager } = facts;
  if (!ready(situation)) return undefined;
  if (flink?.reachability !== "ok" || flink.deploymentUid !== jobManager?.uid)
    return { kind: "wait", why: "Flink has not yet told how the job is" };
  return isEndReported(facts, status.jobStatus?.jobId)
    ? undefined
    : { kind: "wait", why: "the job has ended, and Flink has not yet told its last checkpoint" };
}

function statelessRequested(situation: Situation): SuspendMode | undefined {
  if (requested(situation) !== "stateless") return undefined;
  if (isTerminal(situation.status.jobStatus?.state) && !ready(situation))
    return { kind: "none", restore: "stateless" };
  return endsInFlink(situation, cancellable(situation)) ?? { kind: "stateless" };
}

/** The JobManager was restarted without the newest snapshot: new snapshots do not continue that one. */
function jobWithoutNewestSnapshot(situation: Situation): SuspendMode | undefined {
  const newest = newestState(situation);
  switch (newest.kind) {
    case "own":
      return undefined;
    case "wait":
      return newest;
    case "remembered":
      return { kind: "known", path: newest.path, why: newest.why };
    case "lost":
      return { kind: "fail", message: manualRestoreMessage(situation, newest.why) };
  }
}

/**
 * The main method failed before it had a job. Flink touches no HA metadata for what it lists instead, so the checkpoint that
 * the job was to be restored from is still the newest.
 */
function failedMain(situation: Situation): SuspendMode | undefined {
  const { status, facts } = situation;
  const { jobId, upgradeSavepointPath: path } = status.jobStatus ?? {};
  const isOnlyInHaMetadata = path === LAST_STATE_DUMMY_PATH && !hadState(status);
  return isOnlyInHaMetadata &&
    isFailedMain(jobOf(facts, jobId)) &&
    hasHaCheckpoint(facts.haConfigMaps) &&
    !versionChanged(situation) &&
    sameHaLocation(situation)
    ? { kind: "last-state" }
    : undefined;
}

function endedJob(situation: Situation): SuspendMode | undefined {
  const { status, facts } = situation;
  const job = status.jobStatus;
  if (!isTerminal(job?.state)) return undefined;
  if (job?.state !== "CANCELED" && !ready(situation) && hasHaMetadata(facts.haConfigMaps)) return undefined;
  if (job?.upgradeSavepointPath === LAST_STATE_DUMMY_PATH) {
    return {
      kind: "fail",
      message: manualRestoreMessage(
        situation,
        leftNothingOfItsOwn(status, facts)
          ? whatIsLeft(status)
          : "Job is in terminal state but the last checkpoint is unknown, possibly due to an unrecoverable restore error.",
      ),
    };
  }
  return { kind: "none", restore: "savepoint" };
}

/** If the JobManager is lost, the cancel is lost too. */
function cancellationUnderWay({ status }: Situation): SuspendMode | undefined {
  const { jobManagerDeploymentStatus: jobManager } = status;
  if (status.jobStatus?.state !== "CANCELLING" || jobManager === "MISSING" || jobManager === "ERROR")
    return undefined;
  return { kind: "wait", why: "the job is being cancelled" };
}

function savepointOfRunningJob(situation: Situation): SuspendMode | undefined {
  return requested(situation) === "savepoint" && running(situation) ? { kind: "savepoint" } : undefined;
}

/** HA metadata of one Flink version does not work for another. */
function savepointAcrossVersions(situation: Situation): SuspendMode | undefined {
  if (!versionChanged(situation) || !running(situation)) return undefined;
  return situation.settings.savepointDirectory === undefined
    ? undefined
    : { kind: "savepoint", instead: "Flink's HA metadata is not for another version of Flink" };
}

/** A job with upgrade mode savepoint may use a checkpoint if there is no other way, unless that is disabled. */
const mayUseCheckpoint = (situation: Situation): boolean =>
  requested(situation) === "last-state" || versionChanged(situation) || situation.settings.lastStateFallback;

function savepointInsteadOfOldCheckpoint(situation: Situation): SuspendMode | undefined {
  if (!running(situation) || versionChanged(situation)) return undefined;
  switch (ageOfState(situation)) {
    case "young":
      return undefined;
    case "unknown":
      return { kind: "wait", why: "Flink has not yet told how old the newest checkpoint is" };
    case "about-to-be-young":
      return { kind: "wait", why: "a checkpoint is being taken, since the newest is too old to go on from" };
    case "old":
      return { kind: "savepoint", instead: `older than ${operatorOptions.lastStateMaxCheckpointAge.key}` };
  }
}

/**
 * The job runs and has completed no checkpoint since it was started: taken down as it is, its successor would go on from
 * what is older. One that is not running, Flink itself would start again from there.
 */
function stateBeforeFirstCheckpoint(situation: Situation): SuspendMode | undefined {
  const { status, facts, settings } = situation;
  const { jobId } = status.jobStatus ?? {};
  if (!running(situation) || !hadState(status)) return undefined;
  if (!checkpointsKnown(facts, jobId))
    return { kind: "wait", why: "Flink has not yet told of the job's checkpoints" };
  // Of a job that can take no snapshot at all, there is nothing to wait for.
  if (checkpointsOf(facts, jobId) === undefined || !leftNothingOfItsOwn(status, facts)) return undefined;
  return settings.savepointDirectory === undefined
    ? { kind: "wait", why: "the job has not yet completed a checkpoint to go on from" }
    : { kind: "savepoint", instead: "the job has completed none since it was started" };
}

function haMetadata(situation: Situation): SuspendMode | undefined {
  const { settings, facts } = situation;
  // A session job must not delete the JobManager of its cluster.
  if (facts.session !== undefined) return undefined;
  if (!mayUseCheckpoint(situation) || versionChanged(situation) || !sameHaLocation(situation))
    return undefined;
  if (!hasHaMetadata(facts.haConfigMaps)) return undefined;
  const first = stateBeforeFirstCheckpoint(situation);
  if (first !== undefined) return first;
  if (settings.jobCancel && cancellable(situation) && settings.checkpointsRetainedOnCancel)
    return { kind: "cancel" };
  return { kind: "last-state" };
}

function cancelToCheckpoint(situation: Situation): SuspendMode | undefined {
  if (!mayUseCheckpoint(situation)) return undefined;
  const first = cancellable(situation) ? stateBeforeFirstCheckpoint(situation) : undefined;
  if (first !== undefined) return first;
  return cancellable(situation) && situation.settings.checkpointsRetainedOnCancel
    ? { kind: "cancel" }
    : undefined;
}

/** Cancelling this job would delete its checkpoints: it was not deployed to retain them. */
function savepointInsteadOfCancel(situation: Situation): SuspendMode | undefined {
  return running(situation) && situation.settings.savepointDirectory !== undefined
    ? { kind: "savepoint", instead: "a cancel would delete it" }
    : undefined;
}

/**
 * A JobManager that never started has run no job: what the job was to be restored from is still the newest state
 * (REFERENCE 1.6, 7b). Only if Kubernetes shows that explicitly.
 */
export function neverStarted({ status, deployed, facts }: Situation): SuspendMode | undefined {
  const launchedBy = deployed?.spec.job?.upgradeMode ?? "stateless";
  const { jobManager, session } = facts;
  // A session job exists only once its JobManager has accepted it.
  if (jobManager === undefined || session !== undefined) return undefined;
  if (jobManager.deleting || launchedBy === "last-state") return undefined;
  // One of several JobManagers may have run while the Deployment as a whole was not available.
  if ((deployed?.spec.jobManager?.replicas ?? 1) > 1 || hasHaMetadata(facts.haConfigMaps)) return undefined;
  if (!isNeverAvailable(jobManager) || status.clusterInfo?.["flink-version"] !== undefined) return undefined;
  return { kind: "none", restore: launchedBy };
}

function jobManagerGone(situation: Situation): SuspendMode | undefined {
  const jobManager = situation.status.jobManagerDeploymentStatus;
  if (jobManager !== "MISSING" && jobManager !== "ERROR") return undefined;
  if (hasHaMetadata(situation.facts.haConfigMaps)) return undefined;
  const unreadable = unreadableState(situation);
  if (unreadable !== undefined) return unreadable;
  return {
    kind: "fail",
    message: manualRestoreMessage(
      situation,
      "JobManager deployment is missing and HA metadata is not available to make stateful upgrades. " +
        "It is possible that the job has finished or terminally failed, or the configmaps have been deleted.",
    ),
  };
}

/** The reason, with what the user can do about it. */
function whyNothingFits(situation: Situation): string {
  const { settings, facts } = situation;
  if (cancellable(situation) && !settings.checkpointsRetainedOnCancel && mayUseCheckpoint(situation)) {
    const option = flinkOptions.checkpointRetention.key;
    return running(situation)
      ? `a cancel would delete the checkpoints of this job (${option}), and there is no state.savepoints.dir for a savepoint`
      : `a savepoint needs a running job, and a cancel would delete the checkpoints of this one (${option})`;
  }
  if (versionChanged(situation)) return "the Flink version changes, which needs a running job";
  if (!mayUseCheckpoint(situation)) {
    const option = operatorOptions.lastStateFallback.key;
    return `a savepoint needs a running job, and falling back to last-state is switched off (${option})`;
  }
  if (hasHaMetadata(facts.haConfigMaps) && !sameHaLocation(situation))
    return "the job's state is in HA metadata, which the new spec gives up: that needs a running job";
  return "the job is neither running nor is there HA metadata to restore it from";
}
