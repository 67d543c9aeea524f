import type { JobStatus, TaskManagerStatus, UpgradeMode } from "../../../api/v1beta1/flinkdeployment.ts";
import { deriveLaunchId } from "../../ids.ts";
import { formatLastReconciledSpec, type LastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { withLaunchRemembered } from "../launch/earlierLaunches.ts";
import type { FlinkResourceSpec, FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Outcome, Situation } from "../model/situation.ts";

/**
 * The value of upgradeSavepointPath after a restore from HA metadata. Never a path to restore from (REFERENCE 8.6).
 */
export const LAST_STATE_DUMMY_PATH = "KUBERNETES_OPERATOR_LAST_STATE";

/** A stored status as input of a decision. The Java operator may write unset fields as null, and no error as "". */
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

/** Rarely true: only the Java operator writes nulls. */
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
 * A launch is recorded as intended and not completed. For a job it is recorded as suspended; a session cluster has no
 * job.
 */
export const isLaunchIntended = (
  { reconciliationStatus }: FlinkResourceStatus,
  deployed: LastReconciledSpec | undefined,
): boolean =>
  reconciliationStatus?.state === "UPGRADING" &&
  deployed !== undefined &&
  (deployed.spec.job === undefined || deployed.spec.job.state === "suspended");

/** Keeps the recorded nonce, so that a new nonce in the same edit still triggers its snapshot (REFERENCE 1.3). */
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

/** The spec discards the job's state. A spec without an upgrade mode does too. */
export const isStateless = ({ job }: FlinkResourceSpec): boolean =>
  (job?.upgradeMode ?? "stateless") === "stateless";

export const isStandalone = ({ mode }: FlinkResourceSpec): boolean => mode === "standalone";

/** Nothing was ever launched: the very first intent is still pending. */
export const isFirstDeployment = ({ deployed, status }: Situation): boolean =>
  deployed === undefined ||
  (status.reconciliationStatus?.state === "UPGRADING" && deployed.metadata?.firstDeployment === true);

/** The job was stopped, or is about to be: FINISHED, as in the reference, with no pending trigger. */
export const withJobTakenDown = (status: FlinkResourceStatus, job: Partial<JobStatus>): FlinkResourceStatus =>
  withJob(status, {
    state: "FINISHED",
    savepointInfo: withoutTrigger(status.jobStatus?.savepointInfo),
    ...job,
  });

/**
 * The intent to launch `spec`, restored by `upgradeMode`: recorded as suspended and UPGRADING, as in the reference,
 * before any object of the old cluster is changed.
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
 * The intent to launch the deployed spec again because its cluster was lost. A newer spec stays a pending change, so
 * the launch has an earlier generation.
 */
export function relaunchIntended(situation: Situation, upgradeMode: UpgradeMode): FlinkResourceStatus {
  const { deployed, diff, generation, status } = situation;
  if (deployed === undefined || diff?.type === "IGNORE") return launchIntended(situation, upgradeMode);
  const earlier = earlierGeneration(status, generation);
  return launchIntended({ ...situation, spec: deployed.spec, generation: earlier }, upgradeMode);
}

/** A generation for the deployed spec while this one is still pending. */
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
    ...(status.clusterId === situation.resource.metadata.name ? { clusterId: undefined } : {}),
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
    // The number of TaskManagers of a native session cluster depends on its jobs, so there is no scale subresource.
    ...(spec.job === undefined && !isStandalone(spec)
      ? {}
      : { taskManager: taskManagersOf(situation, situation.nextSettings.taskManagers) }),
  };
}

/** For the scale subresource. */
export const taskManagersOf = (
  { resource, facts: { clusterId } }: Situation,
  replicas: number,
): TaskManagerStatus => ({
  labelSelector: `component=taskmanager,app=${clusterId ?? resource.metadata.name}`,
  replicas,
});

/** The id of the launch in the status: a new one for each start of a cluster, also if the job id stays. */
export const launchIdOf = ({ uid, status }: Situation): string =>
  deriveLaunchId(
    uid,
    status.jobStatus?.jobId ?? "",
    status.reconciliationStatus?.reconciliationTimestamp ?? 0,
  );

/**
 * A job that is to be suspended has stopped, and `job` contains its last snapshot. A native cluster stays for
 * inspection; a standalone one is deleted first (REFERENCE 1.6), unless the resource is being deleted anyway.
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

/** The job is suspended as `spec` says. The recorded spec is stable at once (REFERENCE 1.7). */
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

/** The first deployment was reverted before anything was launched: as if it had never been intended. */
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

/** A trigger time without a trigger id is that of a failed trigger: the next one must not follow at once. */
export function withTriggerGivenUp(status: FlinkResourceStatus): FlinkResourceStatus {
  const info = status.jobStatus?.savepointInfo;
  return withJob(status, {
    savepointInfo: { ...withoutTrigger(info), triggerTimestamp: info?.triggerTimestamp },
  });
}
