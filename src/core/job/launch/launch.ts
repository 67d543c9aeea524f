import type { UpgradeMode } from "../../../api/v1beta1/flinkdeployment.ts";
import { programConfigMapName, warmClusterId } from "../../../api/v1beta1/names.ts";
import type { ClusterObjects } from "../../build/cluster.ts";
import { hasProgramConfigMap } from "../../build/program.ts";
import { deriveJobId } from "../../ids.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { awaitDeletion, nextToDelete, remainingObjects } from "../deletion/remainingObjects.ts";
import type { Action, EventIntent } from "../model/decision.ts";
import type { JobManagerDeployment } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Outcome, Restore, Situation, Step } from "../model/situation.ts";
import { isTerminal, jobOf } from "../observe/observeJob.ts";
import {
  describeRestore,
  guardedRestore,
  restoreMode,
  restoreOf,
  restorePath,
} from "../restore/chooseRestore.ts";
import { mayHaveHaMetadata } from "../restore/haMetadata.ts";
import { manualRestore } from "../restore/restoreGuard.ts";
import { runLaunched } from "../restore/runState.ts";
import { sameHaLocation } from "../restore/unreadableHaMetadata.ts";
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

/** How long a JobManager may take to stop before its TaskManagers are deleted anyway. */
const STOP_TIMEOUT_MS = 30_000;

/** First deployment: writes the intent, with the job id, before anything is created. */
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

/** An intended launch: deletes the remaining objects of the old cluster, then creates the new one. */
export const launchPending: Step = (situation) => {
  const { status, deployed } = situation;
  if (!isLaunchIntended(status, deployed)) return undefined;
  if (created(situation)) return complete(asIntended(situation));
  return carryOut(appliesEdit(situation) ? situation : asIntended(situation));
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
    return isFirstDeployment(situation)
      ? { status: neverLaunched(situation) }
      : completeSuspension(situation, mode);
  const home = goHome(situation, mode);
  if (home !== undefined) return home;
  const isNamed = !isTerminal(status.jobStatus?.state) && status.jobStatus?.jobId !== undefined;
  if (spec.job !== undefined && !isNamed) return nameJob(situation, mode);
  return create(situation, mode);
}

/**
 * The cluster is deleted and the job suspended. A standalone cluster's HA data are deleted too if nothing restores
 * from them.
 */
function completeSuspension(situation: Situation, mode: UpgradeMode): Outcome {
  const name = situation.facts.clusterId ?? situation.resource.metadata.name;
  const actions =
    isStandalone(situation.spec) && mode !== "last-state" ? haActions(situation, mode, name) : [];
  return { actions, status: suspended(situation, mode) };
}

/** The launch as it was intended, without later edits of the spec except for a change to suspended. */
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

/**
 * HA metadata works only for the same version of Flink and for a cluster with HA, and not if only savepoints are
 * requested.
 */
function appliesEdit(situation: Situation): boolean {
  const { spec, deployed, settings } = situation;
  if (restoreMode(situation) !== "last-state") return true;
  if (
    !sameHaLocation(situation) ||
    settings.unreadableHa !== undefined ||
    spec.flinkVersion !== deployed?.spec.flinkVersion
  )
    return false;
  return spec.job?.upgradeMode !== "savepoint" || settings.lastStateFallback;
}

/** The old JobManager, if any, has no running job: it may stay for inspection. */
function hasEnded({ facts, status }: Situation): boolean {
  const { jobManager, flink } = facts;
  if (jobManager === undefined || jobManager.deleting) return true;
  return flink?.reachability === "ok" && isTerminal(jobOf(facts, status.jobStatus?.jobId)?.state);
}

/**
 * The existing Deployment is the intended one: an earlier reconcile created it, and its status write was lost. The
 * reference recognises its own Deployment by the generation alone, while the status says MISSING (REFERENCE 1.12).
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

/** The spec changed since the intent was written. The Deployment gets the new generation. */
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
    const jobKeepsRunning =
      mode === "last-state" || isRedeployment(situation) || situation.spec.job === undefined;
    if (jobKeepsRunning && mayStillReplace(situation)) return stopFirst(situation, old);
  }
  const next = nextToDelete(situation);
  if (next !== undefined) return { actions: [next] };
  const remaining = remainingObjects(facts);
  return remaining === undefined ? undefined : awaitDeletion(situation, remaining, since);
}

/** The job starts from the user's savepoint instead of its last state. */
export const isRedeployment = ({ spec, status }: Situation): boolean =>
  spec.job?.savepointRedeployNonce !== undefined &&
  spec.job.initialSavepointPath === status.jobStatus?.upgradeSavepointPath;

/**
 * While a job keeps running, as in a last-state upgrade or a redeployment, its JobManager replaces each deleted
 * TaskManager. The replacement is still booting and delays the upgrade by its whole grace period. So the JobManager
 * is stopped first, as in the reference, and waited for up to its own grace period. A standalone JobManager creates
 * no TaskManagers.
 */
function mayStillReplace({ status, facts, now }: Situation): boolean {
  if (facts.taskManagers !== undefined) return false;
  if (facts.jobManagerPods.length === 0 || facts.taskManagerPods.length === 0) return false;
  return now - (status.reconciliationStatus?.reconciliationTimestamp ?? 0) < STOP_TIMEOUT_MS;
}

function stopFirst({ resource, facts }: Situation, { replicas, uid }: JobManagerDeployment): Outcome {
  const name = facts.clusterId ?? resource.metadata.name;
  return {
    actions: replicas === 0 ? [] : [{ kind: "stop-job-manager", name, uid }],
    requeueAfterMs: 1_000,
  };
}

/**
 * A cluster that was started warm has a name of its own. A launch that takes nothing of its HA metadata returns to that of the
 * resource, once nothing of it runs (docs/adr/0034). What the HA metadata names is considered before that, and deleted with
 * the launch. The job has its new id at once: by the old one, its HA metadata would tell where it runs.
 */
function goHome(situation: Situation, mode: UpgradeMode): Outcome | undefined {
  if (situation.facts.clusterId === undefined || mode === "last-state") return undefined;
  const guarded = guardedRestore(situation, mode);
  if (guarded.kind === "refused") return manualRestore(situation, "RestoreFailed", guarded.why);
  const { status = situation.status } = nameJob(situation, mode);
  return {
    status: {
      ...withJob(status, { upgradeSavepointPath: restorePath(guarded.restore) }),
      clusterId: situation.resource.metadata.name,
    },
    requeueAfterMs: 0,
  };
}

/** Of the cluster that the launch has returned from. */
const leftBehind = ({ status, resource: { metadata } }: Situation): Action[] =>
  status.clusterId === metadata.name
    ? [{ kind: "delete-config-maps", clusterId: warmClusterId(metadata.name), all: true }]
    : [];

/** Records the job id before the job is submitted: a new one, unless the job restores from its HA metadata. */
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
  const clusterId = situation.facts.clusterId ?? resource.metadata.name;
  const objects = buildObjects(situation, restore);
  const actions: Action[] = [
    ...haActions(situation, mode, clusterId),
    ...leftBehind(situation),
    { kind: "launch", objects },
  ];
  return {
    actions,
    events: [submitting],
    status: withRestore(launched(situation, mode), situation, restore),
    launchedFrom: describeRestore(situation, restore),
  };
}

const withRestore = (status: FlinkResourceStatus, { spec, facts }: Situation, restore: Restore) =>
  spec.job === undefined
    ? status
    : {
        ...withJob(status, { upgradeSavepointPath: restorePath(restore) }),
        run: runLaunched(restore, facts),
      };

/** The operator may have crashed before it created the rest Service. */
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
  const objects = situation.build({
    generation: situation.generation,
    jobId,
    launchId,
    clusterId: situation.facts.clusterId,
    restore,
    earlierLaunches: earlierLaunches(situation.status, launchId),
  });
  return leavesProgram(situation)
    ? {
        ...objects,
        unusedConfigMaps: [
          programConfigMapName(situation.facts.clusterId ?? situation.resource.metadata.name),
        ],
      }
    : objects;
}

/** The spec that was stable had a program in a ConfigMap, and this one has none. */
function leavesProgram({ spec, status }: Situation): boolean {
  const stable = readLastReconciledSpec(status.reconciliationStatus?.lastStableSpec);
  return hasProgramConfigMap(stable?.spec.job) && !hasProgramConfigMap(spec.job);
}

function haActions(situation: Situation, mode: UpgradeMode, clusterId: string): Action[] {
  const { spec, settings, facts } = situation;
  const readable = settings.highAvailability && settings.unreadableHa === undefined;
  // The HA metadata contains the jobs of a session cluster, and its next JobManager recovers them (REFERENCE 1.18).
  if (spec.job === undefined)
    return readable && facts.haConfigMaps.length > 0
      ? [{ kind: "release-ha-lease", clusterId, flinkVersion: spec.flinkVersion }]
      : [];
  // A JobManager that restores with the same spec submits the same job graph. If the HA metadata is unreadable, its
  // job graph cannot be removed, and need not be.
  if (mode === "last-state")
    return settings.unreadableHa === undefined ? [{ kind: "prepare-ha-restore", clusterId }] : [];
  return mayHaveHaMetadata(situation) ? [{ kind: "delete-config-maps", clusterId, all: false }] : [];
}

const submitting: EventIntent = {
  type: "Normal",
  reason: "Submit",
  component: "JobManagerDeployment",
  message: "Starting deployment",
};
