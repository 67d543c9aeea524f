import type { JobStatus, TaskManagerStatus, UpgradeMode } from "../../../api/v1beta1/flinkdeployment.ts";
import { deriveLaunchId } from "../../ids.ts";
import { formatLastReconciledSpec, type LastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { withLaunchRemembered } from "../launch/earlierLaunches.ts";
import type { FlinkResourceSpec, FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Outcome, Situation } from "../model/situation.ts";

/** What upgradeSavepointPath says after a restore from HA metadata; never a path to restore from (REFERENCE 8.6). */
export const LAST_STATE_DUMMY_PATH = "KUBERNETES_OPERATOR_LAST_STATE";

/**
 * A stored status as it is decided on: the Java operator may write fields that it does not set as null, and an error
 * that is none as "".
 */
export function knownStatus(stored: FlinkResourceStatus | undefined): FlinkResourceStatus {
  const { error, ...status } = withoutNulls(stored ?? {});
  return error === "" || error === undefined ? status : { ...status, error };
}

function withoutNulls<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || !holdsNull(value)) return value;
  if (Array.isArray(value)) return value.map(withoutNulls) as Value;
  const present = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(present.map(([name, field]) => [name, withoutNulls(field)])) as Value;
}

/** Hardly any does: only the Java operator writes them. */
function holdsNull(value: object): boolean {
  return Object.values(value).some(
    (field) => field === null || (typeof field === "object" && holdsNull(field)),
  );
}

export const withJob = (status: FlinkResourceStatus, job: Partial<JobStatus>): FlinkResourceStatus => ({
  ...status,
  jobStatus: { ...status.jobStatus, ...job },
});

/**
 * A launch is written down as intended and is still to be carried out. Of a job it is recorded as suspended; a session
 * cluster has none.
 */
export const isLaunchIntended = (
  { reconciliationStatus }: FlinkResourceStatus,
  deployed: LastReconciledSpec | undefined,
): boolean =>
  reconciliationStatus?.state === "UPGRADING" &&
  deployed !== undefined &&
  (deployed.spec.job === undefined || deployed.spec.job.state === "suspended");

/** A new nonce still asks for its snapshot after the change that came with it: the one recorded stays (REFERENCE 1.3). */
function withJobIn(
  situation: Situation,
  state: "running" | "suspended",
  upgradeMode: UpgradeMode,
): FlinkResourceSpec {
  const { spec, deployed } = situation;
  if (spec.job === undefined) return spec;
  const known = isFirstDeployment(situation) ? spec.job : (deployed?.spec.job ?? spec.job);
  const { savepointTriggerNonce, checkpointTriggerNonce } = known ?? {};
  return { ...spec, job: { ...spec.job, savepointTriggerNonce, checkpointTriggerNonce, state, upgradeMode } };
}

/** The spec gives the job's state up; so does one that names no upgrade mode. */
export const isStateless = ({ job }: FlinkResourceSpec): boolean =>
  (job?.upgradeMode ?? "stateless") === "stateless";

export const isStandalone = ({ mode }: FlinkResourceSpec): boolean => mode === "standalone";

/** Nothing was ever launched: the very first intent is still to be carried out. */
export const isFirstDeployment = ({ deployed, status }: Situation): boolean =>
  deployed === undefined ||
  (status.reconciliationStatus?.state === "UPGRADING" && deployed.metadata?.firstDeployment === true);

/** The job has been, or is about to be, taken down: FINISHED, as the reference says, with no trigger pending. */
export const withJobTakenDown = (status: FlinkResourceStatus, job: Partial<JobStatus>): FlinkResourceStatus =>
  withJob(status, {
    state: "FINISHED",
    savepointInfo: withoutTrigger(status.jobStatus?.savepointInfo),
    ...job,
  });

/**
 * The intent to launch `spec`, restoring as `upgradeMode` says: recorded as suspended and UPGRADING, as the
 * reference does, before anything of the old cluster is touched.
 */
export function launchIntended(
  situation: Situation,
  upgradeMode: UpgradeMode,
  job: Partial<JobStatus> = {},
): FlinkResourceStatus {
  const { status, spec, kind, generation, now } = situation;
  return {
    ...(spec.job === undefined ? status : withJobTakenDown(status, job)),
    error: undefined,
    observedGeneration: generation,
    reconciliationStatus: {
      ...status.reconciliationStatus,
      lastReconciledSpec: formatLastReconciledSpec(
        withJobIn(situation, "suspended", upgradeMode),
        { firstDeployment: isFirstDeployment(situation) },
        kind.spec,
      ),
      state: "UPGRADING",
      reconciliationTimestamp: now,
    },
  };
}

/**
 * The intent to launch what was deployed once more, because it was lost. A newer spec stays what it is, a change still
 * to come: so what is launched is said to be of an earlier generation.
 */
export function relaunchIntended(situation: Situation, upgradeMode: UpgradeMode): FlinkResourceStatus {
  const { deployed, diff, generation, status } = situation;
  if (deployed === undefined || diff?.type === "IGNORE") return launchIntended(situation, upgradeMode);
  const earlier = earlierGeneration(status, generation);
  return launchIntended({ ...situation, spec: deployed.spec, generation: earlier }, upgradeMode);
}

/** One that what is deployed may be of, while the spec of this one is still to come. */
export const earlierGeneration = ({ observedGeneration }: FlinkResourceStatus, generation: number): number =>
  Math.min(observedGeneration ?? generation, generation - 1);

/** The cluster of `spec` has been created. */
export function launched(situation: Situation, upgradeMode: UpgradeMode): FlinkResourceStatus {
  const { spec, kind, generation, now, nextSettings } = situation;
  const status = nextSettings.cleansResults
    ? withLaunchRemembered(situation.status, launchIdOf(situation))
    : situation.status;
  return {
    ...(spec.job === undefined ? status : withJob(status, { state: "RECONCILING" })),
    error: undefined,
    replacement: undefined,
    newestSnapshot: undefined,
    clusterInfo: {},
    observedGeneration: generation,
    jobManagerDeploymentStatus: "DEPLOYING",
    reconciliationStatus: {
      ...status.reconciliationStatus,
      lastReconciledSpec: formatLastReconciledSpec(
        withJobIn(situation, "running", upgradeMode),
        { firstDeployment: isFirstDeployment(situation) },
        kind.spec,
      ),
      state: "DEPLOYED",
      reconciliationTimestamp: now,
    },
    // A native session cluster has as many as its jobs ask for: nothing for the scale subresource.
    ...(spec.job === undefined && !isStandalone(spec)
      ? {}
      : { taskManager: taskManagersOf(situation, situation.nextSettings.taskManagers) }),
  };
}

/** For the scale subresource. */
export const taskManagersOf = ({ resource }: Situation, replicas: number): TaskManagerStatus => ({
  labelSelector: `component=taskmanager,app=${resource.metadata.name}`,
  replicas,
});

/** The launch that the status tells of: one for each start of a cluster, also where the job id stays. */
export const launchIdOf = ({ uid, status }: Situation): string =>
  deriveLaunchId(
    uid,
    status.jobStatus?.jobId ?? "",
    status.reconciliationStatus?.reconciliationTimestamp ?? 0,
  );

/**
 * A job that is to be suspended has come to a stop, and `job` tells what it left behind. A native cluster stays, to be
 * looked at; a standalone one is taken down first (REFERENCE 1.6), unless the resource goes anyhow.
 */
export const stoppedForSuspension = (
  situation: Situation,
  job: Partial<JobStatus> = {},
): Pick<Outcome, "status" | "requeueAfterMs"> => {
  const { spec, resource } = situation;
  return isStandalone(spec) && resource.metadata.deletionTimestamp === undefined
    ? { status: launchIntended(situation, "savepoint", job), requeueAfterMs: 0 }
    : { status: suspended(situation, "savepoint", job) };
};

/** The job is suspended as `spec` asks; what is recorded is stable at once (REFERENCE 1.7). */
export function suspended(
  situation: Situation,
  upgradeMode: UpgradeMode,
  job: Partial<JobStatus> = {},
): FlinkResourceStatus {
  const { status, kind, generation, now } = situation;
  const recorded = formatLastReconciledSpec(
    withJobIn(situation, "suspended", upgradeMode),
    { firstDeployment: false },
    kind.spec,
  );
  return {
    ...withJobTakenDown(status, job),
    error: undefined,
    newestSnapshot: undefined,
    observedGeneration: generation,
    reconciliationStatus: {
      ...status.reconciliationStatus,
      lastReconciledSpec: recorded,
      lastStableSpec: recorded,
      state: "DEPLOYED",
      reconciliationTimestamp: now,
    },
    taskManager: { labelSelector: "", replicas: 0 },
  };
}

/** The first deployment was taken back before anything was launched: as if it had never been intended. */
export function neverLaunched({ status, generation }: Situation): FlinkResourceStatus {
  return {
    ...withJob(status, { state: undefined }),
    error: undefined,
    observedGeneration: generation,
    reconciliationStatus: {
      ...status.reconciliationStatus,
      lastReconciledSpec: undefined,
      state: "UPGRADING",
    },
  };
}

export function withoutTrigger(info: JobStatus["savepointInfo"]): JobStatus["savepointInfo"] {
  if (info === undefined) return undefined;
  const {
    triggerId: _,
    triggerTimestamp: __,
    triggerType: ___,
    formatType: ____,
    firstTriggerTimestamp: _____,
    ...rest
  } = info;
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** Without its trigger id, the time of a trigger is that of one that failed: the next one is not to follow at once. */
export function withTriggerGivenUp(status: FlinkResourceStatus): FlinkResourceStatus {
  const info = status.jobStatus?.savepointInfo;
  return withJob(status, {
    savepointInfo: { ...withoutTrigger(info), triggerTimestamp: info?.triggerTimestamp },
  });
}
