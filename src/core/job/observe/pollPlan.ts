import type { PollPlan } from "../../../api/flinkFacts.ts";
import type { Action } from "../model/decision.ts";
import type { Facts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { endpointAt } from "../model/settings.ts";
import type { Situation } from "../model/situation.ts";
import { isAbsent, isTerminal, jobOf } from "./observeJob.ts";

/** Nothing is under way: what is deployed is what the spec asks for, and Flink says that it runs (or has ended). */
export function isSettled(status: FlinkResourceStatus, generation: number, hasJob = true): boolean {
  const state = status.jobStatus?.state;
  return (
    status.reconciliationStatus?.state === "DEPLOYED" &&
    status.observedGeneration === generation &&
    status.lifecycleState !== "DELETING" &&
    status.jobStatus?.savepointInfo?.triggerType !== "UPGRADE" &&
    (status.jobManagerDeploymentStatus === "READY" || status.jobManagerDeploymentStatus === "MISSING") &&
    (!hasJob || state === "RUNNING" || isTerminal(state))
  );
}

/** Settled, and all is known that there is to know of it. */
export const isAtRest = (
  status: FlinkResourceStatus,
  { deployed, facts, generation }: Pick<Situation, "deployed" | "facts" | "generation">,
): boolean => isSettled(status, generation, deployed?.spec.job !== undefined) && !missesFacts(status, facts);

/** A session cluster that is to be deleted and waits for its jobs' resources to go: that can take days. */
const isHeldBack = ({ lifecycleState }: FlinkResourceStatus, { facts, deployed }: Situation): boolean =>
  lifecycleState === "DELETING" && deployed?.spec.job === undefined && (facts.sessionJobs ?? []).length > 0;

/** What the poller shall watch for the next decision, after these actions. */
export function pollPlan(
  situation: Situation,
  next: FlinkResourceStatus,
  actions: readonly Action[] = [],
): PollPlan | undefined {
  const { facts, settings } = situation;
  const { jobManager, restHost } = facts;
  if (jobManager === undefined || jobManager.deleting || restHost === undefined) return undefined;
  const { jobId, state, savepointInfo } = next.jobStatus ?? {};
  const pending = savepointInfo?.triggerId;
  return {
    endpoint: endpointAt(restHost, settings),
    deploymentUid: jobManager.uid,
    pace: isAtRest(next, situation) || isHeldBack(next, situation) ? "settled" : "quick",
    intervalMs: settings.reconcileIntervalMs,
    cacheMs: settings.statisticsCacheMs,
    ...(facts.session === undefined ? {} : { onlyJob: true }),
    jobId,
    want: {
      config: next.clusterInfo?.["flink-version"] === undefined,
      taskManagers: true,
      checkpoints: true,
      exceptions: true,
      metrics: settings.health !== undefined && !isTerminal(state),
      jobResult: state === "FAILED" || jobOf(facts, jobId)?.state === "FAILED",
      savepoint:
        jobId !== undefined && pending !== undefined && mayBeKnown(situation, pending, actions)
          ? { jobId, triggerId: pending }
          : undefined,
    },
  };
}

/**
 * The JobManager may know the trigger: it is sent now, or was, or nobody here can say. Not where it is written down just
 * now: Flink logs the question for a trigger that it does not know as an error.
 */
function mayBeKnown({ facts, resource }: Situation, triggerId: string, actions: readonly Action[]): boolean {
  if (actions.some((action) => "triggerId" in action && action.triggerId === triggerId)) return true;
  const isNew = resource.status?.jobStatus?.savepointInfo?.triggerId !== triggerId;
  return !isNew && facts.requests?.unsent.has(triggerId) !== true;
}

/**
 * What is still to be learnt before a cluster is left in peace: of a job that runs, that all its tasks do and on what;
 * of one that has ended, its result and its last checkpoint, unless its JobManager was started again since and does
 * not know it any more.
 */
export function missesFacts(status: FlinkResourceStatus, facts: Facts): boolean {
  const { flink } = facts;
  const { state, jobId } = status.jobStatus ?? {};
  if (status.jobManagerDeploymentStatus !== "READY") return false;
  if (status.clusterInfo?.["flink-version"] === undefined) return true;
  if (jobId === undefined && state === undefined) return awaitsTaskManagers(facts);
  if (isTerminal(state)) {
    if (isAbsent(facts, jobId)) return false;
    return flink?.checkpoints?.jobId !== jobId || (state === "FAILED" && flink?.jobResult?.jobId !== jobId);
  }
  const { running = 0, finished = 0, total = 0 } = jobOf(facts, jobId)?.tasks ?? {};
  return (
    running + finished < total || (flink?.taskManagers?.list.length ?? 0) === 0 || awaitsTaskManagers(facts)
  );
}

/** Some of a standalone cluster are still to come or to go: Flink alone tells of it. */
const awaitsTaskManagers = ({ session, taskManagers, flink }: Facts): boolean =>
  session === undefined &&
  taskManagers !== undefined &&
  flink?.taskManagers?.list.length !== taskManagers.replicas;
