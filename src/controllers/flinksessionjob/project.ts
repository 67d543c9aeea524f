import type { KubeObject } from "../../api/kubernetes.ts";
import {
  asFlinkSessionJob,
  type FlinkSessionJobSpec,
  type FlinkSessionJobStatus,
  flinkSessionJobSpec,
} from "../../api/v1beta1/flinksessionjob.ts";
import type { SessionJobFacts } from "../../core/job/model/facts.ts";
import { isTerminal } from "../../core/job/observe/observeJob.ts";
import { readLastReconciledSpec } from "../../core/spec/lastReconciledSpec.ts";
import { withoutBookkeeping } from "../../runtime/projection.ts";
import { clusterKey } from "../flinkdeployment/gather.ts";

/** A FlinkSessionJob as the store keeps it: whole, and as its session cluster sees it. */
export interface StoredSessionJob extends KubeObject {
  readonly facts: SessionJobFacts;
}

export const projectSessionJob = (object: KubeObject): StoredSessionJob => ({
  ...withoutBookkeeping(object),
  facts: factsOf(object),
});

/** By the session cluster that it names. */
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
 * Its job needs the JobManager. While its start is intended it is recorded as suspended: then from the moment that it has
 * an id. One that has ended does too, until what it goes on from is written down.
 */
function holdsCluster(status: FlinkSessionJobStatus | undefined): boolean {
  const { jobStatus, reconciliationStatus } = status ?? {};
  try {
    const recorded = reconciliationStatus?.lastReconciledSpec;
    const deployed = readLastReconciledSpec<FlinkSessionJobSpec>(recorded, flinkSessionJobSpec);
    if (deployed === undefined) return false;
    const isSuspended = deployed.spec.job?.state === "suspended";
    if (!isTerminal(jobStatus?.state)) return !isSuspended || (jobStatus?.jobId ?? undefined) !== undefined;
    const isStopping =
      reconciliationStatus?.state === "UPGRADING" || jobStatus?.savepointInfo?.triggerType === "UPGRADE";
    return !isSuspended && isStopping;
  } catch {
    // It is not known what it has: that is told where it is looked after.
    return true;
  }
}
