import type { KubeObject } from "../../api/kubernetes.ts";
import {
  asFlinkSessionJob,
  type FlinkSessionJobSpec,
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
  const { jobId, state } = status?.jobStatus ?? {};
  return {
    name: object.metadata.name,
    jobId: jobId ?? undefined,
    holds:
      holdsJob(status?.reconciliationStatus?.lastReconciledSpec, jobId ?? undefined) && !isTerminal(state),
    stateful: (spec.job?.upgradeMode ?? "stateless") !== "stateless",
  };
}

/** While its start is intended it is recorded as suspended: then it holds one from the moment that it has an id. */
function holdsJob(recorded: string | undefined, jobId: string | undefined): boolean {
  try {
    const deployed = readLastReconciledSpec<FlinkSessionJobSpec>(recorded, flinkSessionJobSpec);
    return deployed !== undefined && (deployed.spec.job?.state !== "suspended" || jobId !== undefined);
  } catch {
    // It is not known what it has: that is told where it is looked after.
    return true;
  }
}
