import type { KubeObject } from "../../api/kubernetes.ts";
import {
  asFlinkSessionJob,
  type FlinkSessionJobSpec,
  type FlinkSessionJobStatus,
  flinkSessionJobSpec,
} from "../../api/v1beta1/flinksessionjob.ts";
import type { SessionJobFacts } from "../../core/flinkdeployment/facts.ts";
import { isTerminal } from "../../core/flinkdeployment/observeJob.ts";
import { readLastReconciledSpec } from "../../core/lastReconciledSpec.ts";
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
    jobId: status?.jobStatus?.jobId ?? undefined,
    holds: holdsJob(status),
    stateful: (spec.job?.upgradeMode ?? "stateless") !== "stateless",
  };
}

/**
 * While its start is intended it is recorded as suspended: then it holds a job from the moment that it has an id. One that
 * is being stopped or cancelled holds it until what it goes on from is written down: its JobManager alone tells that.
 */
function holdsJob(status: FlinkSessionJobStatus | undefined): boolean {
  const { jobStatus, reconciliationStatus } = status ?? {};
  try {
    const deployed = readLastReconciledSpec<FlinkSessionJobSpec>(
      reconciliationStatus?.lastReconciledSpec,
      flinkSessionJobSpec,
    );
    if (deployed === undefined) return false;
    const ended = isTerminal(jobStatus?.state ?? undefined);
    if (deployed.spec.job?.state === "suspended")
      return (jobStatus?.jobId ?? undefined) !== undefined && !ended;
    const { triggerId, triggerType } = jobStatus?.savepointInfo ?? {};
    const isStopping = triggerType === "UPGRADE" && (triggerId ?? undefined) !== undefined;
    return !ended || isStopping || reconciliationStatus?.state === "UPGRADING";
  } catch {
    // It is not known what it has: that is told where it is looked after.
    return true;
  }
}
