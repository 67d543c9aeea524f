import type { KubeObject } from "../../api/kubernetes.ts";
import {
  asFlinkSessionJob,
  type FlinkSessionJobSpec,
  type FlinkSessionJobStatus,
  flinkSessionJobSpec,
} from "../../api/v1beta1/flinksessionjob.ts";
import type { SessionJobFacts } from "../../core/job/model/facts.ts";
import { isTerminal } from "../../core/job/observe/observeJob.ts";
import { isBeingStopped } from "../../core/job/status/beingStopped.ts";
import { readLastReconciledSpec } from "../../core/spec/lastReconciledSpec.ts";
import { withoutBookkeeping } from "../../runtime/projection.ts";
import { clusterKey } from "../flinkdeployment/gather.ts";

/** A FlinkSessionJob as the store keeps it: the whole object, and the facts that its session cluster needs. */
export interface StoredSessionJob extends KubeObject {
  readonly facts: SessionJobFacts;
}

export const projectSessionJob = (object: KubeObject): StoredSessionJob => ({
  ...withoutBookkeeping(object),
  facts: factsOf(object),
});

/** Indexes session jobs by the session cluster that they refer to. */
export const sessionJobsByCluster = {
  cluster: (object: KubeObject): string[] => {
    const key = sessionClusterOf(object);
    return key === undefined ? [] : [key];
  },
};

export function sessionClusterOf(object: KubeObject): string | undefined {
  const { deploymentName } = asFlinkSessionJob(object).spec;
  return deploymentName === undefined
    ? undefined
    : clusterKey(object.metadata.namespace ?? "", deploymentName);
}

function factsOf(object: KubeObject): SessionJobFacts {
  const { spec, status } = asFlinkSessionJob(object);
  return {
    name: object.metadata.name,
    deleting: object.metadata.deletionTimestamp !== undefined,
    jobId: status?.jobStatus?.jobId ?? undefined,
    needsCluster: holdsCluster(status),
    stateful: (spec.job?.upgradeMode ?? "stateless") !== "stateless",
  };
}

/**
 * Whether the job needs the JobManager. A job that is about to start is recorded as suspended: it needs the JobManager as
 * soon as it has an id. A job that has ended needs it until the status has the snapshot that it continues from.
 */
function holdsCluster(status: FlinkSessionJobStatus | undefined): boolean {
  const { jobStatus, reconciliationStatus } = status ?? {};
  try {
    const recorded = reconciliationStatus?.lastReconciledSpec;
    const deployed = readLastReconciledSpec<FlinkSessionJobSpec>(recorded, flinkSessionJobSpec);
    if (deployed === undefined) return false;
    const isSuspended = deployed.spec.job?.state === "suspended";
    if (!isTerminal(jobStatus?.state)) return !isSuspended || (jobStatus?.jobId ?? undefined) !== undefined;
    const isStopping = reconciliationStatus?.state === "UPGRADING" || isBeingStopped(status ?? {});
    return !isSuspended && isStopping;
  } catch {
    // The recorded spec is not readable. The reconcile of the session job reports that.
    return true;
  }
}
