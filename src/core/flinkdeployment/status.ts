import type {
  FlinkDeploymentSpec,
  FlinkDeploymentStatus,
  JobStatus,
  UpgradeMode,
} from "../../api/v1beta1/flinkdeployment.ts";
import { formatLastReconciledSpec } from "../lastReconciledSpec.ts";
import type { Situation } from "./situation.ts";

/** What upgradeSavepointPath says after a restore from HA metadata; never a path to restore from (REFERENCE 8.6). */
export const LAST_STATE_DUMMY_PATH = "KUBERNETES_OPERATOR_LAST_STATE";

export const withJob = (status: FlinkDeploymentStatus, job: Partial<JobStatus>): FlinkDeploymentStatus => ({
  ...status,
  jobStatus: { ...status.jobStatus, ...job },
});

const withJobIn = (
  spec: FlinkDeploymentSpec,
  state: "running" | "suspended",
  upgradeMode: UpgradeMode,
): FlinkDeploymentSpec => ({ ...spec, job: { ...spec.job, state, upgradeMode } });

/** Nothing was ever launched: the very first intent is still to be carried out. */
export const isFirstDeployment = ({ deployed, status }: Situation): boolean =>
  deployed === undefined ||
  (status.reconciliationStatus?.state === "UPGRADING" && deployed.metadata?.firstDeployment === true);

/**
 * The intent to launch `spec`, restoring as `upgradeMode` says: recorded as suspended and UPGRADING, as the
 * reference does, before anything of the old cluster is touched.
 */
export function launchIntended(
  situation: Situation,
  upgradeMode: UpgradeMode,
  job: Partial<JobStatus> = {},
): FlinkDeploymentStatus {
  const { status, spec, generation, now } = situation;
  return {
    ...withJob(status, {
      state: "FINISHED",
      savepointInfo: withoutTrigger(status.jobStatus?.savepointInfo),
      ...job,
    }),
    error: undefined,
    observedGeneration: generation,
    reconciliationStatus: {
      ...status.reconciliationStatus,
      lastReconciledSpec: formatLastReconciledSpec(withJobIn(spec, "suspended", upgradeMode), {
        firstDeployment: isFirstDeployment(situation),
      }),
      state: "UPGRADING",
      reconciliationTimestamp: now,
    },
  };
}

/** The cluster of `spec` has been created. */
export function launched(situation: Situation, upgradeMode: UpgradeMode): FlinkDeploymentStatus {
  const { status, spec, generation } = situation;
  return {
    ...withJob(status, { state: "RECONCILING" }),
    error: undefined,
    clusterInfo: {},
    observedGeneration: generation,
    jobManagerDeploymentStatus: "DEPLOYING",
    reconciliationStatus: {
      ...status.reconciliationStatus,
      lastReconciledSpec: formatLastReconciledSpec(withJobIn(spec, "running", upgradeMode), {
        firstDeployment: isFirstDeployment(situation),
      }),
      state: "DEPLOYED",
    },
    taskManager: {
      labelSelector: `component=taskmanager,app=${situation.resource.metadata.name}`,
      replicas: situation.nextSettings.taskManagers,
    },
  };
}

/** The job is suspended as `spec` asks; what is recorded is stable at once (REFERENCE 1.7). */
export function suspended(
  situation: Situation,
  upgradeMode: UpgradeMode,
  job: Partial<JobStatus> = {},
): FlinkDeploymentStatus {
  const { status, spec, generation, now } = situation;
  const recorded = formatLastReconciledSpec(withJobIn(spec, "suspended", upgradeMode), {
    firstDeployment: false,
  });
  return {
    ...withJob(status, {
      state: "FINISHED",
      savepointInfo: withoutTrigger(status.jobStatus?.savepointInfo),
      ...job,
    }),
    error: undefined,
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

export function withoutTrigger(info: JobStatus["savepointInfo"]): JobStatus["savepointInfo"] {
  if (info === undefined) return undefined;
  const { triggerId: _, triggerTimestamp: __, triggerType: ___, formatType: ____, ...rest } = info;
  return rest;
}
