import type { PollPlan } from "../../api/flinkFacts.ts";
import type { FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import type { Facts } from "./facts.ts";
import { isTerminal } from "./observeJob.ts";
import type { Situation } from "./situation.ts";

/** Nothing is under way: what is deployed is what the spec asks for, and Flink says that it runs (or has ended). */
export function isSettled(status: FlinkDeploymentStatus, generation: number): boolean {
  const state = status.jobStatus?.state;
  return (
    status.reconciliationStatus?.state === "DEPLOYED" &&
    status.observedGeneration === generation &&
    status.lifecycleState !== "DELETING" &&
    status.jobStatus?.savepointInfo?.triggerType !== "UPGRADE" &&
    (status.jobManagerDeploymentStatus === "READY" || status.jobManagerDeploymentStatus === "MISSING") &&
    (state === "RUNNING" || isTerminal(state))
  );
}

/** What the poller shall watch for the next decision. */
export function pollPlan(situation: Situation, next: FlinkDeploymentStatus): PollPlan | undefined {
  const { facts, settings, generation } = situation;
  const { jobManager, restHost } = facts;
  if (jobManager === undefined || jobManager.deleting || restHost === undefined) return undefined;
  const { jobId, state, savepointInfo } = next.jobStatus ?? {};
  const stopping = savepointInfo?.triggerType === "UPGRADE" ? savepointInfo.triggerId : undefined;
  return {
    endpoint: { host: restHost, port: settings.restPort },
    deploymentUid: jobManager.uid,
    pace: isSettled(next, generation) && !missesFacts(next, facts) ? "settled" : "quick",
    intervalMs: settings.reconcileIntervalMs,
    jobId,
    want: {
      config: next.clusterInfo?.["flink-version"] === undefined,
      taskManagers: true,
      checkpoints: true,
      jobResult: state === "FAILED",
      savepoint: stopping === undefined || jobId === undefined ? undefined : { jobId, triggerId: stopping },
    },
  };
}

/** A job that has ended is settled once its result and last checkpoint are known. */
function missesFacts(status: FlinkDeploymentStatus, { flink }: Facts): boolean {
  const { state, jobId } = status.jobStatus ?? {};
  if (status.jobManagerDeploymentStatus !== "READY" || !isTerminal(state)) return false;
  return flink?.checkpoints?.jobId !== jobId || (state === "FAILED" && flink?.jobResult?.jobId !== jobId);
}
