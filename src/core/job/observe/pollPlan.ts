import { isAtWork, type PollPlan } from "../../../api/flinkFacts.ts";
import { isAtLeast } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Action } from "../model/decision.ts";
import type { Facts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { endpointAt } from "../model/settings.ts";
import type { Outcome, Situation } from "../model/situation.ts";
import { asksForParallelism } from "../rescale/eligibility.ts";
import { stateOriginOf } from "../restore/stateOrigin.ts";
import { isBeingStopped } from "../status/beingStopped.ts";
import { isAbsent, isTerminal, jobOf } from "./observeJob.ts";

/** Nothing is in progress: the deployed spec is the desired one, and Flink reports the job as running (or ended). */
export function isSettled(status: FlinkResourceStatus, generation: number, hasJob = true): boolean {
  const state = status.jobStatus?.state;
  return (
    status.reconciliationStatus?.state === "DEPLOYED" &&
    status.observedGeneration === generation &&
    status.lifecycleState !== "DELETING" &&
    !isBeingStopped(status) &&
    (status.jobManagerDeploymentStatus === "READY" || status.jobManagerDeploymentStatus === "MISSING") &&
    (!hasJob || state === "RUNNING" || isTerminal(state))
  );
}

/** Settled, and all facts are known. */
export const isAtRest = (
  status: FlinkResourceStatus,
  { deployed, facts, generation, now }: Pick<Situation, "deployed" | "facts" | "generation" | "now">,
): boolean =>
  isSettled(status, generation, deployed?.spec.job !== undefined) &&
  !factsMissing(status, facts) &&
  !awaitsRegistration(facts, now);

/** A session cluster whose deletion waits for its session jobs to be deleted. That can take days. */
const isDeletionBlocked = (
  { lifecycleState }: FlinkResourceStatus,
  { facts, deployed }: Situation,
): boolean =>
  lifecycleState === "DELETING" && deployed?.spec.job === undefined && (facts.sessionJobs ?? []).length > 0;

/** What the poller watches for the next decision, after the outcome of the steps. */
export function pollPlan(
  situation: Situation,
  next: FlinkResourceStatus,
  { looksFirst: freshCheckpoints, actions = [] }: Partial<Pick<Outcome, "looksFirst" | "actions">> = {},
): PollPlan | undefined {
  const { facts, settings } = situation;
  const { jobManager, restHost } = facts;
  if (jobManager === undefined || jobManager.deleting || restHost === undefined) return undefined;
  const { jobId, state, savepointInfo } = next.jobStatus ?? {};
  const pending = savepointInfo?.triggerId;
  return {
    endpoint: endpointAt(restHost, settings),
    deploymentUid: jobManager.uid,
    pace:
      (isAtRest(next, situation) && freshCheckpoints === undefined && !isProvingItself(next)) ||
      isDeletionBlocked(next, situation)
        ? "settled"
        : "quick",
    intervalMs: settings.reconcileIntervalMs,
    cacheMs: settings.statisticsCacheMs,
    ...(facts.session === undefined ? {} : { onlyJob: true }),
    jobId,
    want: {
      config: next.clusterInfo?.["flink-version"] === undefined,
      taskManagers: true,
      checkpoints: true,
      ...(freshCheckpoints === undefined ? {} : { freshCheckpoints }),
      exceptions: true,
      metrics: settings.health !== undefined && !isTerminal(state),
      ...(asksForParallelism(situation, next) ? { parallelism: true } : {}),
      ...(hasApplications(situation) ? { application: true } : {}),
      jobResult: state === "FAILED" || jobOf(facts, jobId)?.state === "FAILED",
      savepoint:
        jobId !== undefined && pending !== undefined && mayBeKnown(situation, pending, actions)
          ? { jobId, triggerId: pending }
          : undefined,
    },
  };
}

/** A change has restarted it, and others wait until it is known that it stays stable (docs/adr/0038). */
const isProvingItself = ({ disruption }: FlinkResourceStatus): boolean =>
  disruption?.startedAt !== undefined && disruption.failedAt === undefined;

/** Flink shows the application of an application cluster. In a session cluster each job has one of its own. */
const hasApplications = ({ facts, deployed }: Situation): boolean =>
  facts.session === undefined &&
  deployed?.spec.job !== undefined &&
  deployed.spec.flinkVersion !== undefined &&
  isAtLeast(deployed.spec.flinkVersion, "v2_3");

/**
 * Whether the JobManager may know the trigger: it is sent now, it was sent, or an earlier process may have sent it. Not if
 * it was only recorded: Flink logs an error if it is asked for a trigger that it does not know.
 */
function mayBeKnown({ facts, resource }: Situation, triggerId: string, actions: readonly Action[]): boolean {
  if (actions.some((action) => "triggerId" in action && action.triggerId === triggerId)) return true;
  const isNew = resource.status?.jobStatus?.savepointInfo?.triggerId !== triggerId;
  return !isNew && facts.requests?.unsent.has(triggerId) !== true;
}

/**
 * Whether facts are still missing before a cluster is polled at the slow interval. For a running job: that all its
 * tasks run, on which TaskManagers, and what it was restored from after it was not visible. For one that has ended: its
 * result and its last checkpoint, unless its JobManager was restarted and does not know it any more.
 */
export function factsMissing(status: FlinkResourceStatus, facts: Facts): boolean {
  const { flink } = facts;
  const { state, jobId } = status.jobStatus ?? {};
  if (status.jobManagerDeploymentStatus !== "READY") return false;
  if (status.clusterInfo?.["flink-version"] === undefined) return true;
  if (jobId === undefined && state === undefined) return awaitsTaskManagers(facts);
  if (isTerminal(state)) {
    if (isAbsent(facts, jobId)) return false;
    return flink?.checkpoints?.jobId !== jobId || (state === "FAILED" && flink?.jobResult?.jobId !== jobId);
  }
  const job = jobOf(facts, jobId);
  return (
    (job !== undefined && !isAtWork(job)) ||
    stateOriginOf(status, facts).kind === "unknown" ||
    (flink?.taskManagers?.list.length ?? 0) === 0 ||
    awaitsTaskManagers(facts) ||
    awaitsRemoval(facts)
  );
}

/** The number of TaskManagers of a standalone cluster still changes. Only Flink reports it. */
const awaitsTaskManagers = ({ session, taskManagers, flink }: Facts): boolean =>
  session === undefined &&
  taskManagers !== undefined &&
  flink?.taskManagers?.list.length !== taskManagers.replicas;

/** A TaskManager of a native application was given back, and Flink has told of it last when it was there. */
const awaitsRemoval = ({ session, taskManagers, taskManagerPods: pods, flink }: Facts): boolean =>
  session === undefined &&
  taskManagers === undefined &&
  pods.length > 0 &&
  pods.every(({ deleting }) => !deleting) &&
  (flink?.taskManagers?.list.length ?? 0) > pods.length;

/** The time within which a TaskManager that runs is known to its JobManager. */
const REGISTRATION_MS = 60_000;

/**
 * TaskManagers of a native cluster have just been started, and Flink has not yet told of all of them. They come with the jobs of a
 * session cluster, which other resources tell of, and with a higher parallelism. One that never registers must not be waited for
 * without end.
 */
function awaitsRegistration({ session, taskManagers, taskManagerPods, flink }: Facts, now: number): boolean {
  if (session !== undefined || taskManagers !== undefined) return false;
  const running = taskManagerPods.flatMap(({ deleting, runningSince }) =>
    deleting || runningSince === undefined ? [] : [runningSince],
  );
  return (
    running.length > (flink?.taskManagers?.list.length ?? 0) && now - Math.max(...running) < REGISTRATION_MS
  );
}
