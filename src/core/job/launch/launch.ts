import type { UpgradeMode } from "../../../api/v1beta1/flinkdeployment.ts";
import type { ClusterObjects } from "../../build/cluster.ts";
import { deriveJobId } from "../../ids.ts";
import { awaitDeletion, nextToDelete, remainingObjects } from "../deletion/remainingObjects.ts";
import type { Action, EventIntent } from "../model/decision.ts";
import type { JobManagerDeployment } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Outcome, Restore, Situation, Step } from "../model/situation.ts";
import { isTerminal, jobOf } from "../observe/observeJob.ts";
import { manualRestore } from "../restore/restoreGuard.ts";
import {
  describeRestore,
  guardedRestore,
  restoreMode,
  restoreOf,
  restorePath,
} from "../restore/restoreOfLaunch.ts";
import { keepsHaPlace } from "../restore/unreadableHaMetadata.ts";
import { EMPTY_STATE } from "../status/decisionRecord.ts";
import {
  isFirstDeployment,
  isLaunchIntended,
  isStandalone,
  launched,
  launchIdOf,
  launchIntended,
  neverLaunched,
  suspended,
  withJob,
} from "../status/status.ts";
import { cancelFirst } from "../suspension/cancelFirst.ts";
import { dryRun, dryRunTaskManagers } from "./dryRun.ts";
import { earlierLaunches } from "./earlierLaunches.ts";

/** How long a JobManager may take to end before its TaskManagers are taken down all the same. */
const STOP_PATIENCE_MS = 30_000;

/** First deployment: the intent, with the job id, before anything is created. */
export const firstDeployment: Step = (situation) => {
  const { deployed, spec, uid, now } = situation;
  if (deployed !== undefined) return undefined;
  if (spec.job?.state === "suspended") return {};
  const from = spec.job?.initialSavepointPath;
  if (spec.job === undefined) return firstSession(situation);
  return {
    actions: [...dryRunTaskManagers(situation), { kind: "add-finalizer" }],
    status: launchIntended(situation, from === undefined ? "stateless" : "savepoint", {
      jobId: situation.fixedJobId ?? deriveJobId(uid, now),
      state: "RECONCILING",
      upgradeSavepointPath: from,
    }),
    explanation: {
      act: "Launch",
      reason: "The resource was never deployed.",
      restoresFrom: from ?? EMPTY_STATE,
    },
    requeueAfterMs: 0,
  };
};

const firstSession = (situation: Situation): Outcome => ({
  actions: [...dryRunTaskManagers(situation), { kind: "add-finalizer" }],
  status: launchIntended(situation, "stateless"),
  explanation: { act: "Launch", reason: "The resource was never deployed." },
  requeueAfterMs: 0,
});

/** An intended launch: take down what is left of the old cluster, then create the new one. */
export const launchPending: Step = (situation) => {
  const { status, deployed } = situation;
  if (!isLaunchIntended(status, deployed)) return undefined;
  if (created(situation)) return complete(asIntended(situation));
  return carryOut(takesUpEdit(situation) ? situation : asIntended(situation));
};

function carryOut(situation: Situation): Outcome {
  const { status, spec, generation } = situation;
  const mode = restoreMode(situation);
  const suspend = spec.job?.state === "suspended";
  if (suspend && mode === "savepoint" && !isStandalone(spec) && hasEnded(situation))
    return { status: suspended(situation, mode) };
  if (status.observedGeneration !== generation && !suspend) return rewriteIntent(situation, mode);
  const teardown = takeDown(situation, mode);
  if (teardown !== undefined) return teardown;
  if (suspend)
    return isFirstDeployment(situation) ? { status: neverLaunched(situation) } : stands(situation, mode);
  const isNamed = !isTerminal(status.jobStatus?.state) && status.jobStatus?.jobId !== undefined;
  if (spec.job !== undefined && !isNamed) return nameJob(situation, mode);
  return create(situation, mode);
}

/** The cluster is gone and the job suspended; of a standalone one, HA data go too where they are of no use any more. */
function stands(situation: Situation, mode: UpgradeMode): Outcome {
  const { name } = situation.resource.metadata;
  const actions =
    isStandalone(situation.spec) && mode !== "last-state" ? haActions(situation, mode, name) : [];
  return { actions, status: suspended(situation, mode) };
}

/** The launch as it was intended, whatever has become of the spec since; but not if it is to be suspended. */
export function asIntended(situation: Situation): Situation {
  const { deployed, status, settings, asDeployed, generation } = situation;
  const { observedGeneration = generation } = status;
  if (deployed === undefined || observedGeneration === generation) return situation;
  const job = deployed.spec.job && { ...deployed.spec.job, state: situation.spec.job?.state ?? "running" };
  return {
    ...situation,
    spec: { ...deployed.spec, ...(job === undefined ? {} : { job }) },
    generation: observedGeneration,
    nextSettings: settings,
    ...asDeployed,
  };
}

/** HA metadata is for the same version of Flink, for a cluster with HA, and not for one who asked for savepoints only. */
function takesUpEdit(situation: Situation): boolean {
  const { spec, deployed, settings } = situation;
  if (restoreMode(situation) !== "last-state") return true;
  if (
    !keepsHaPlace(situation) ||
    settings.unreadableHa !== undefined ||
    spec.flinkVersion !== deployed?.spec.flinkVersion
  )
    return false;
  return spec.job?.upgradeMode !== "savepoint" || settings.lastStateFallback;
}

/** The old JobManager, where there is one, has no job any more: it may stay to be looked at. */
function hasEnded({ facts, status }: Situation): boolean {
  const { jobManager, flink } = facts;
  if (jobManager === undefined || jobManager.deleting) return true;
  return flink?.reachability === "ok" && isTerminal(jobOf(facts, status.jobStatus?.jobId)?.state);
}

/**
 * The Deployment that exists is the intended one: created by a pass whose status write was lost. The reference
 * recognises its own by the generation alone, while the status says MISSING (REFERENCE 1.12).
 */
function created(situation: Situation): boolean {
  const { facts, status } = situation;
  const { jobManagerDeploymentStatus = "MISSING" } = status;
  const found = facts.jobManager;
  if (found === undefined || found.deleting) return false;
  if (found.generation !== String(status.observedGeneration)) return false;
  return found.launchId === undefined
    ? jobManagerDeploymentStatus === "MISSING"
    : found.launchId === launchIdOf(situation);
}

/** The spec changed since the intent was written; the Deployment will carry the new generation. */
function rewriteIntent(situation: Situation, mode: UpgradeMode): Outcome {
  const job = situation.status.jobStatus;
  const first = isFirstDeployment(situation);
  const { jobManager } = situation.facts;
  return {
    actions:
      jobManager === undefined || jobManager.deleting ? dryRunTaskManagers(situation) : dryRun(situation),
    status: launchIntended(situation, mode, {
      state: job?.state,
      ...(first ? { upgradeSavepointPath: situation.spec.job?.initialSavepointPath } : {}),
    }),
    requeueAfterMs: 0,
  };
}

function takeDown(situation: Situation, mode: UpgradeMode): Outcome | undefined {
  const { facts, status } = situation;
  const old = facts.jobManager;
  const since = status.reconciliationStatus?.reconciliationTimestamp ?? 0;
  if (old !== undefined && !old.deleting) {
    const cancelling = mode === "stateless" ? cancelFirst(situation, since) : undefined;
    if (cancelling !== undefined) return cancelling;
    const runsOn = mode === "last-state" || isRedeployment(situation) || situation.spec.job === undefined;
    if (runsOn && mayStillReplace(situation)) return stopFirst(situation, old);
  }
  const next = nextToDelete(situation);
  if (next !== undefined) return { actions: [next] };
  const leftovers = remainingObjects(facts);
  return leftovers === undefined ? undefined : awaitDeletion(situation, leftovers, since);
}

/** Started from where the user said, and not from where the job has stopped. */
export const isRedeployment = ({ spec, status }: Situation): boolean =>
  spec.job?.savepointRedeployNonce !== undefined &&
  spec.job.initialSavepointPath === status.jobStatus?.upgradeSavepointPath;

/**
 * While a job runs on, as in a last-state upgrade or a redeployment, its JobManager replaces each TaskManager that goes
 * before it: the new one, still booting, then holds the upgrade up for its whole grace period. So the JobManager goes
 * first, as in the reference; not waited for beyond its own grace. A standalone one makes no TaskManagers.
 */
function mayStillReplace({ status, facts, now }: Situation): boolean {
  if (facts.taskManagers !== undefined) return false;
  if (facts.jobManagerPods.length === 0 || facts.taskManagerPods.length === 0) return false;
  return now - (status.reconciliationStatus?.reconciliationTimestamp ?? 0) < STOP_PATIENCE_MS;
}

function stopFirst({ resource }: Situation, { replicas, uid }: JobManagerDeployment): Outcome {
  const { name } = resource.metadata;
  return {
    actions: replicas === 0 ? [] : [{ kind: "stop-job-manager", name, uid }],
    requeueAfterMs: 1_000,
  };
}

/** Writes down the job's id before it is submitted: a new one, unless the job goes on from its HA metadata. */
function nameJob(situation: Situation, mode: UpgradeMode): Outcome {
  const { status, uid, now } = situation;
  const known = status.jobStatus?.jobId;
  const jobId =
    situation.fixedJobId ?? (mode === "last-state" && known !== undefined ? known : deriveJobId(uid, now));
  return { status: withJob(status, { jobId, state: "RECONCILING" }), requeueAfterMs: 0 };
}

function create(situation: Situation, mode: UpgradeMode): Outcome {
  const { resource } = situation;
  const guarded = guardedRestore(situation, mode);
  if (guarded.kind === "refused") return manualRestore(situation, "RestoreFailed", guarded.why);
  const { restore } = guarded;
  const clusterId = resource.metadata.name;
  const objects = buildObjects(situation, restore);
  const actions: Action[] = [...haActions(situation, mode, clusterId), { kind: "launch", objects }];
  return {
    actions,
    events: [submitting],
    status: withRestore(launched(situation, mode), situation, restore),
    launchedFrom: describeRestore(situation, restore),
  };
}

const withRestore = (status: FlinkResourceStatus, { spec }: Situation, restore: Restore) =>
  spec.job === undefined ? status : withJob(status, { upgradeSavepointPath: restorePath(restore) });

/** The crash may have come before the rest Service. */
function complete(situation: Situation): Outcome {
  const mode = restoreMode(situation);
  const deploymentUid = situation.facts.jobManager?.uid ?? "";
  const guarded = guardedRestore(situation, mode);
  const restore = guarded.kind === "restore" ? guarded.restore : restoreOf(situation, mode);
  return {
    actions: [{ kind: "expose", objects: buildObjects(situation, restore), deploymentUid }],
    status: withRestore(launched(situation, mode), situation, restore),
    launchedFrom: describeRestore(situation, restore),
    requeueAfterMs: 0,
  };
}

function buildObjects(situation: Situation, restore: Restore): ClusterObjects {
  const { jobId } = situation.status.jobStatus ?? {};
  const launchId = launchIdOf(situation);
  return situation.build({
    generation: situation.generation,
    jobId,
    launchId,
    restore,
    earlierLaunches: earlierLaunches(situation.status, launchId),
  });
}

function haActions(
  { spec, settings, nextSettings, facts }: Situation,
  mode: UpgradeMode,
  clusterId: string,
): Action[] {
  // What jobs a session cluster had is in there: its next JobManager goes on with them (REFERENCE 1.18).
  if (spec.job === undefined) return [];
  // A JobManager that goes on with the same spec submits the same job graph: where none can be taken out, none has to be.
  if (mode === "last-state")
    return settings.unreadableHa === undefined ? [{ kind: "prepare-ha-restore", clusterId }] : [];
  const mayExist =
    settings.highAvailability || nextSettings.highAvailability || facts.haConfigMaps.length > 0;
  return mayExist ? [{ kind: "delete-config-maps", clusterId, all: false }] : [];
}

const submitting: EventIntent = {
  type: "Normal",
  reason: "Submit",
  component: "JobManagerDeployment",
  message: "Starting deployment",
};
