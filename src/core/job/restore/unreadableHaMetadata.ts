/**
 * High availability in ZooKeeper, or by a user's own factory. The operator has no client to read its metadata, to
 * remove old job graphs from it, or to delete it. Actions that need one are refused and reported (REFERENCE 1.15,
 * 1.16).
 */
import type { EventIntent } from "../model/decision.ts";
import type { Outcome, Situation } from "../model/situation.ts";
import type { SuspendMode } from "../model/suspendMode.ts";
import { isTerminal, jobOf } from "../observe/observeJob.ts";
import { upgradeFailure } from "../status/failure.ts";

/** The deployed and the desired cluster keep HA metadata at the same place. */
export const sameHaLocation = ({ settings, nextSettings }: Situation): boolean =>
  settings.highAvailability &&
  nextSettings.highAvailability &&
  settings.unreadableHa === nextSettings.unreadableHa;

/**
 * The HA metadata of a job that has not ended contains its job graph. The operator cannot remove it, so the next
 * JobManager there would run the old job in parallel to the new one.
 */
function keepsJobGraph(situation: Situation): boolean {
  const { settings, status, facts, deployed } = situation;
  if (settings.unreadableHa === undefined || !sameHaLocation(situation)) return false;
  const { state } = status.reconciliationStatus ?? {};
  const wasStopped =
    deployed?.spec.job?.state === "suspended" &&
    state === "DEPLOYED" &&
    deployed.spec.job.upgradeMode !== "last-state";
  const { jobId, state: job } = status.jobStatus ?? {};
  return !wasStopped && !isTerminal(job) && !isTerminal(jobOf(facts, jobId)?.state);
}

/** How to stop a job whose state is discarded if only Flink can remove its job graph: by a cancel. */
export function endsInFlink(situation: Situation, cancellable: boolean): SuspendMode | undefined {
  if (!keepsJobGraph(situation)) return undefined;
  return cancellable ? { kind: "cancel" } : { kind: "fail", message: unendedJob(situation) };
}

/** A redeployment discards the state of a job that may still run. Refused if its job graph would stay. */
export const refuseRedeployment = (situation: Situation): Outcome | undefined =>
  keepsJobGraph(situation)
    ? upgradeFailure(situation, "UpgradeFailed", `${unendedJob(situation)} Or suspend the job first.`)
    : undefined;

const unendedJob = ({ settings }: Situation): string =>
  `The job has not ended, and its graph is in ${settings.unreadableHa}, where the operator cannot remove it: a new ` +
  "JobManager would run the old job too. Set another high-availability.zookeeper.path.root for the new one.";

/** The JobManager is down, and only the deployed spec can restore from metadata that the operator cannot read. */
export function unreadableState({ settings, status }: Situation): SuspendMode | undefined {
  if (settings.unreadableHa === undefined) return undefined;
  if (status.jobManagerDeploymentStatus === "MISSING" && settings.recoveryEnabled)
    return {
      kind: "wait",
      why: "the JobManager is gone: it is recovered first, with the spec that is deployed",
    };
  return {
    kind: "fail",
    message:
      `The JobManager does not run, and its HA metadata is in ${settings.unreadableHa}, which the operator cannot read: ` +
      "only the spec that is deployed can go on from it. Take the change back until the job runs.",
  };
}

/** Why a job that is suspended by last-state cannot be resumed with the new spec; undefined if it can. */
export function obstacleToResume({ settings, diff }: Situation): string | undefined {
  const others =
    diff?.changes.filter(({ path, effect }) => path !== "job.state" && effect !== "ignore") ?? [];
  if (settings.unreadableHa === undefined || others.length === 0) return undefined;
  return (
    `The job was suspended by last-state, and its state is in ${settings.unreadableHa}, which the operator cannot read: ` +
    `resume it with the spec that it was suspended with, and then change ${others.map(({ path }) => path).join(", ")}.`
  );
}

/** Reports what a deletion leaves behind if the job's end was not observed. */
export const leftInHa = ({ settings, status, deployed }: Situation): EventIntent | undefined =>
  settings.unreadableHa === undefined || deployed === undefined || isTerminal(status.jobStatus?.state)
    ? undefined
    : {
        type: "Warning",
        reason: "CleanupFailed",
        component: "Operator",
        message:
          `HA metadata of the job may be left in ${settings.unreadableHa}, where the operator cannot delete it: ` +
          "delete it there by hand.",
      };
