import type { KubeObject } from "../../api/kubernetes.ts";
import {
  asFlinkSessionJob,
  type FlinkSessionJobSpec,
  type FlinkSessionJobStatus,
  flinkSessionJobSpec,
} from "../../api/v1beta1/flinksessionjob.ts";
import { hasEnded, hasFailed, isStable } from "../../core/job/disruption/wave.ts";
import type { AwaySessionJob, SessionJobFacts } from "../../core/job/model/facts.ts";
import type { FlinkResourceStatus } from "../../core/job/model/flinkResource.ts";
import { isTerminal } from "../../core/job/observe/observeJob.ts";
import { isBeingStopped } from "../../core/job/status/beingStopped.ts";
import { knownStatus } from "../../core/job/status/status.ts";
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
  const away = spec.job?.state === "suspended" ? undefined : awayOf(knownStatus(status));
  return {
    name: object.metadata.name,
    deleting: object.metadata.deletionTimestamp !== undefined,
    jobId: status?.jobStatus?.jobId ?? undefined,
    needsCluster: holdsCluster(status),
    stateful: (spec.job?.upgradeMode ?? "stateless") !== "stateless",
    ...(away === undefined ? {} : { away }),
  };
}

function awayOf(status: FlinkResourceStatus): AwaySessionJob | undefined {
  const { jobStatus, reconciliationStatus } = status;
  const wasLaunched = reconciliationStatus?.lastReconciledSpec !== undefined;
  if (!wasLaunched || hasEnded(status) || isStable(status)) return undefined;
  const failedAt = Number(jobStatus?.state === "FAILED" ? (jobStatus.updateTime ?? Number.NaN) : Number.NaN);
  return { hasFailed: hasFailed(status), ...(Number.isNaN(failedAt) ? {} : { failedAt }) };
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
