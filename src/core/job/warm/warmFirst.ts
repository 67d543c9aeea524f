import { deriveJobId, deriveSpecHash } from "../../ids.ts";
import { errorTypes } from "../../statusError.ts";
import { remainingObjects } from "../deletion/remainingObjects.ts";
import { dryRun } from "../launch/dryRun.ts";
import type { EventIntent } from "../model/decision.ts";
import { hasJobs, type OtherCluster } from "../model/facts.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { causeChain } from "../observe/observe.ts";
import { jobOf } from "../observe/observeJob.ts";
import { observeJobManager } from "../observe/observeJobManager.ts";
import { isBeingStopped } from "../status/beingStopped.ts";
import { report } from "../status/failure.ts";
import { isStandalone } from "../status/status.ts";
import { replacesRunningJob } from "../upgrade/awaitJars.ts";
import {
  answers,
  factsOf,
  isOfAnother,
  isOfSpec,
  nextClusterId,
  standbyObjects,
  stands,
  type WarmUpgrade,
  warmUpgradeOf,
} from "./standby.ts";

/**
 * If the step would stop a running job with a savepoint, the new cluster stands first, as far as its job (docs/adr/0034). The intent
 * is in status.warmUpgrade; the old job is untouched until then.
 */
export const warmFirst =
  (step: Step): Step =>
  (situation) => {
    const outcome = step(situation);
    const { warmUpgradeTimeoutMs } = situation.nextSettings;
    if (outcome === undefined || warmUpgradeTimeoutMs === undefined) return outcome;
    if (!replacesRunningJob(situation, outcome)) return outcome;
    const warm = warmUpgradeOf(situation);
    const present = warm !== undefined && isOfSpec(situation, warm) ? warm : undefined;
    const why = whyCold(situation, outcome) ?? present?.failure;
    if (why !== undefined) return upgradedCold(situation, outcome, why);
    if (present === undefined)
      return mayBegin(situation, warm) ? begin(situation) : { waitsFor, othersMayAct: true };
    return awaitStandby(situation, present, warmUpgradeTimeoutMs) ?? outcome;
  };

/** An earlier upgrade has ended, or is given up: what is left of it, as on a node that is lost, has until the timeout to go. */
function mayBegin({ facts }: Situation, earlier: WarmUpgrade | undefined): boolean {
  if (earlier === undefined) return true;
  const { jobManager } = facts.other ?? {};
  const isMoving = earlier.savepoint !== undefined && jobOf(facts, earlier.jobId) === undefined;
  return !isMoving && (jobManager === undefined || jobManager.deleting);
}

const waitsFor = "the new cluster to stand, before the job is stopped";

/** As a clause. */
function whyCold(
  { spec, deployed, facts, settings, nextSettings, resource }: Situation,
  { status }: Outcome,
): string | undefined {
  const { job } = spec;
  if (isStandalone(spec) || isStandalone(deployed?.spec ?? {})) return "the cluster is in standalone mode";
  if (job?.sql !== undefined || job?.python !== undefined) return "it is no job of a jar";
  if (job?.entryClass === undefined && job?.jarURI?.startsWith("local:") !== true)
    return "spec.job.entryClass is not set, and the manifest of a jar that is fetched is not known";
  if (nextSettings.notWarm !== undefined) return nextSettings.notWarm;
  // The old JobManager lives until the new job is at work.
  if (settings.submitsAgain !== undefined)
    return `the JobManager that runs would submit its job again if it restarted (${settings.submitsAgain})`;
  if (resource.metadata.name.length > LONGEST_NAME)
    return `the name of the resource has more than ${LONGEST_NAME} characters`;
  if (facts.otherIsTaken === true) return "another FlinkDeployment has the name of the second cluster";
  if (facts.other !== undefined && hasJobs(facts.other.haConfigMaps))
    return `HA metadata of a job is left in the ConfigMaps of the cluster ${facts.other.clusterId}: delete them if it is not needed`;
  if (facts.withoutGate === true) return "this operator was built without the jar of the gate";
  if (facts.requests?.dropsWarmUpgrade === true)
    return (
      "the CRD that is installed drops status.warmUpgrade: install the CRDs of the operator's version, then restart the " +
      "operator"
    );
  return status !== undefined && isBeingStopped(status) ? undefined : "it is not stopped with a savepoint";
}

/** Flink's cluster ids have 45, and that of the other cluster five more than the name. */
const LONGEST_NAME = 40;

const upgradedCold = ({ generation }: Situation, outcome: Outcome, why: string): Outcome => {
  const told: EventIntent = {
    type: "Normal",
    reason: "UpgradedCold",
    component: "Job",
    message: `The job is stopped before its new cluster stands: ${why}`,
    key: `UpgradedCold: ${generation}`,
    once: true,
  };
  return { ...outcome, events: [...(outcome.events ?? []), told] };
};

function begin(situation: Situation): Outcome {
  const { uid, status, spec, generation, now } = situation;
  return {
    actions: dryRun(situation),
    status: {
      ...status,
      warmUpgrade: {
        clusterId: nextClusterId(situation),
        generation,
        specHash: deriveSpecHash(spec),
        jobId: deriveJobId(uid, now),
        startTime: now,
      },
    },
    waitsFor,
    othersMayAct: true,
    requeueAfterMs: 0,
  };
}

/** Undefined once it stands. */
function awaitStandby(situation: Situation, warm: WarmUpgrade, timeoutMs: number): Outcome | undefined {
  const { facts, now, nextSettings, status } = situation;
  const { other } = facts;
  const waits: Outcome = {
    waitsFor,
    othersMayAct: true,
    requeueAfterMs: nextSettings.progressCheckIntervalMs,
  };
  const isLate = now >= warm.startTime + timeoutMs;
  const left = leftOf(situation, warm);
  if (left !== undefined)
    return isLate
      ? giveUp(situation, `of an earlier cluster ${warm.clusterId} there are still ${left}`)
      : waits;
  if (other?.jobManager === undefined)
    return { ...waits, actions: [{ kind: "launch-standby", objects: standbyObjects(situation, warm) }] };
  if (stands(other, nextSettings.slots)) return undefined;
  const problem = problemOf(situation, other);
  if (problem?.isResources === true || (isLate && problem === undefined))
    return isLate ? giveUp(situation, problem?.message ?? tooLong(other, timeoutMs)) : waits;
  if (problem === undefined) return waits;
  const message = `The job stays as it is, since its new cluster does not start: ${problem.message}`;
  return { ...waits, ...report(status, errorTypes.upgradeFailure, "UpgradeFailed", message, "Job") };
}

/** What has to go before a cluster of the same id is created, in words. */
function leftOf(situation: Situation, warm: WarmUpgrade): string | undefined {
  const { other } = situation.facts;
  if (other === undefined) return undefined;
  const { jobManager } = other;
  const isThere = jobManager !== undefined && !jobManager.deleting && !isOfAnother(situation, warm, other);
  return isThere ? undefined : remainingObjects(factsOf(other));
}

interface StandbyProblem {
  readonly message: string;
  /** There is no room for a second cluster, which may change: no fault of the spec. */
  readonly isResources: boolean;
}

function problemOf({ now, nextSettings }: Situation, other: OtherCluster): StandbyProblem | undefined {
  const failed = other.flink?.jobs?.find(({ state }) => state === "FAILED");
  if (answers(other) && failed !== undefined) {
    const failure = other.flink?.jobResult?.result?.failure;
    const cause = failure === undefined ? "" : `: ${causeChain(failure.stackTrace)}`;
    return { message: `its main method fails${cause}`, isResources: false };
  }
  const observed = observeJobManager("DEPLOYING", factsOf(other), now, nextSettings.clientTimeoutMs);
  if (observed.problem !== undefined) {
    const { reason, message } = observed.problem;
    return { message: `${reason} ${message}`, isResources: reason === "FailedCreate" };
  }
  const pods = [...other.jobManagerPods, ...other.taskManagerPods].filter(({ deleting }) => !deleting);
  const stuck = pods.find(({ problem }) => problem !== undefined)?.problem;
  if (stuck !== undefined) return { message: `${stuck.reason} ${stuck.message}`, isResources: false };
  const unschedulable = pods.find((pod) => pod.unschedulable !== undefined)?.unschedulable;
  return unschedulable === undefined ? undefined : { message: unschedulable, isResources: true };
}

const tooLong = ({ taskManagerPods }: OtherCluster, timeoutMs: number): string =>
  `it does not stand within ${timeoutMs / 1000} s (it has ${taskManagerPods.length} TaskManagers)`;

/** In the status first: what is deleted must not be created again. */
const giveUp = ({ status }: Situation, why: string): Outcome => ({
  status: { ...status, warmUpgrade: { ...status.warmUpgrade, failure: why } },
  waitsFor,
  othersMayAct: true,
  requeueAfterMs: 0,
});
