import type { DecisionAct, JobManagerDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Reason } from "../../reasons.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { readStatusError } from "../../statusError.ts";
import type { Notice } from "../../warn/warnOfNoEffect.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { PendingNotice } from "../model/pendingNotice.ts";
import { isBeingStopped } from "./beingStopped.ts";

/** Flink calls the job RUNNING, and its tasks do not run. */
export const TASKS_STARTING = "TasksStarting";

/** The desired state of a resource, as far as its status does not contain it. */
export interface DesiredState {
  readonly subject: "application" | "session cluster" | "session job";
  /** The metadata.generation of this reconcile. */
  readonly generation: number;
  /** The resource is being deleted. */
  readonly deleting: boolean;
  /** The job is to run; otherwise it is to be suspended. */
  readonly shouldRun: boolean;
  /** The spec differs from the deployed one, and no action has been taken on that. */
  readonly changePending: boolean;
  /** The part of the spec that has no effect. */
  readonly noEffect?: Notice | undefined;
  /** What the resource waits for, as a clause. */
  readonly waitsFor: string | undefined;
  /** A change that would stop what runs, and waits for approval or a disruption window. */
  readonly pending?: PendingNotice;
  /** What keeps the tasks of a job that Flink calls RUNNING from running, in a sentence; absent: nothing. */
  readonly tasksMissing?: string | undefined;
  /** What keeps its deletion from going on, as a clause. */
  readonly blockedBy?: string | undefined;
}

/**
 * The condition reason of a resource, with one of kstatus's three results: current, in progress, or stalled. Stalled
 * means that it needs help, and an error shows that: a state that resolves by itself has no error.
 */
export interface ConditionReason {
  readonly kind: "ready" | "reconciling" | "stalled";
  readonly reason: Reason;
  readonly message: string;
}

/** The first rule that applies. */
export function conditionReasonOf(status: FlinkResourceStatus, desired: DesiredState): ConditionReason {
  for (const check of checks) {
    const conditionReason = check(status, desired);
    if (conditionReason !== undefined) return conditionReason;
  }
  return desired.subject === "session cluster" ? deployedSession(status) : deployedJob(status, desired);
}

type Check = (status: FlinkResourceStatus, desired: DesiredState) => ConditionReason | undefined;

const checks: readonly Check[] = [
  beingDeleted,
  inError,
  neverDeployed,
  underWay,
  awaitsApproval,
  pendingChange,
  suspended,
  rolledBack,
];

const ready = (reason: Reason, message: string): ConditionReason => ({ kind: "ready", reason, message });
const reconciling = (reason: Reason, message: string): ConditionReason => ({
  kind: "reconciling",
  reason,
  message,
});
const stalled = (reason: Reason, message: string): ConditionReason => ({ kind: "stalled", reason, message });

/** What blocks the deletion is in the error. */
function beingDeleted(
  { error }: FlinkResourceStatus,
  { deleting, blockedBy }: DesiredState,
): ConditionReason | undefined {
  if (!deleting) return undefined;
  if (blockedBy !== undefined) return reconciling("Deleting", `Waiting: ${blockedBy}`);
  return reconciling("Deleting", readStatusError(error)?.message ?? "The cluster is being taken down.");
}

function inError({ error }: FlinkResourceStatus): ConditionReason | undefined {
  const known = readStatusError(error);
  return known && stalled(known.reason, known.message);
}

function neverDeployed(
  { reconciliationStatus }: FlinkResourceStatus,
  { subject, shouldRun, waitsFor }: DesiredState,
): ConditionReason | undefined {
  if (reconciliationStatus?.lastReconciledSpec !== undefined) return undefined;
  if (shouldRun && waitsFor !== undefined) return reconciling("Waiting", waiting(waitsFor));
  if (shouldRun && subject === "session job")
    return reconciling("Deploying", "The job is about to be submitted.");
  return shouldRun ? reconciling("Deploying", "The cluster is about to be created.") : ready(...asSuspended);
}

/** A suspended job is as the spec says: nothing is pending. */
const asSuspended = ["Suspended", "The job is suspended, as the spec asks."] as const;

/**
 * Uses the words of the decision. What the resource waits for changes with each step, and each change would be a
 * write.
 */
function underWay(
  status: FlinkResourceStatus,
  { subject, shouldRun, waitsFor }: DesiredState,
): ConditionReason | undefined {
  const { reconciliationStatus: reconciliation } = status;
  const isStopping = isBeingStopped(status);
  if (reconciliation?.state === "ROLLING_BACK")
    return reconciling("RollingBack", "The last stable spec is being deployed again.");
  if (reconciliation?.state !== "UPGRADING" && !isStopping) return undefined;
  if (!shouldRun) return reconciling("Suspending", "The job is being suspended.");
  // A session job can wait for its session cluster for a long time.
  if (subject === "session job" && waitsFor !== undefined) return reconciling("Waiting", waiting(waitsFor));
  if (!isStopping && isFirst(status)) {
    const what = subject === "session job" ? "The job is being submitted." : "The cluster is being created.";
    return reconciling("Deploying", what);
  }
  const [decision] = status.decisions ?? [];
  const decisionReason = decision?.launchedAt === undefined && decision?.act && inProgress[decision.act];
  return decisionReason
    ? reconciling(decisionReason, decision.reason ?? "")
    : reconciling("Upgrading", `The ${subject === "session job" ? "job" : "cluster"} is being replaced.`);
}

/** The decision in progress. A suspension or deletion of the job without these words was cancelled. */
const inProgress: Readonly<Partial<Record<DecisionAct, Reason>>> = {
  Upgrade: "Upgrading",
  Resume: "Resuming",
  Restart: "Restarting",
  Recover: "Recovering",
  Rollback: "RollingBack",
  Redeploy: "Redeploying",
};

const waiting = (clause: string): string => `Waiting: ${clause}.`;

const isFirst = ({ reconciliationStatus }: FlinkResourceStatus): boolean =>
  readLastReconciledSpec(reconciliationStatus?.lastReconciledSpec)?.metadata?.firstDeployment === true;

/** What the spec asks for does not run. A change that is no edit, and waits for a window, leaves the resource as asked. */
function awaitsApproval(
  { pendingChange: pending }: FlinkResourceStatus,
  { pending: notice }: DesiredState,
): ConditionReason | undefined {
  if (pending?.waitsFor !== "Approval" || notice === undefined) return undefined;
  return reconciling(notice.reason, notice.message);
}

function pendingChange({ rescale }: FlinkResourceStatus, desired: DesiredState): ConditionReason | undefined {
  if (!desired.changePending && desired.waitsFor === undefined) return undefined;
  const why = desired.waitsFor === undefined ? "The spec changed." : waiting(desired.waitsFor);
  if (rescale !== undefined) return reconciling("Scaling", why);
  if (!desired.changePending && desired.subject === "session job") return reconciling("Waiting", why);
  return reconciling(desired.shouldRun ? "Upgrading" : "Suspending", why);
}

function suspended({ lifecycleState }: FlinkResourceStatus): ConditionReason | undefined {
  return lifecycleState === "SUSPENDED" ? ready(...asSuspended) : undefined;
}

function rolledBack({ reconciliationStatus }: FlinkResourceStatus): ConditionReason | undefined {
  return reconciliationStatus?.state === "ROLLED_BACK"
    ? stalled("RolledBack", "The spec was rolled back: the last stable one runs. Change the spec to go on.")
    : undefined;
}

function deployedJob(status: FlinkResourceStatus, { tasksMissing }: DesiredState): ConditionReason {
  const { jobManagerDeploymentStatus: jobManager = "MISSING", jobStatus } = status;
  switch (jobStatus?.state) {
    case "RUNNING":
      if (tasksMissing !== undefined) return reconciling(TASKS_STARTING, tasksMissing);
      return ready("Running", "The job runs, as the spec asks.");
    case "FINISHED":
      return ready("Finished", "The job has come to its end.");
    case "FAILED":
      return stalled("JobFailed", "The job has failed.");
    case "CANCELED":
      return stalled("JobCanceled", "The job was cancelled.");
    case undefined:
    case "RECONCILING":
      return jobManagerStarts[jobManager];
    default:
      return reconciling("JobNotRunning", `The job is ${jobStatus?.state}.`);
  }
}

function deployedSession({ jobManagerDeploymentStatus = "MISSING" }: FlinkResourceStatus): ConditionReason {
  return jobManagerDeploymentStatus === "READY"
    ? ready("JobManagerReady", "The session cluster takes jobs.")
    : jobManagerStarts[jobManagerDeploymentStatus];
}

const jobManagerStarts: Readonly<Record<JobManagerDeploymentStatus, ConditionReason>> = {
  MISSING: stalled("JobManagerMissing", "The JobManager's Deployment is gone."),
  ERROR: stalled("JobManagerError", "The JobManager does not come up."),
  DEPLOYING: reconciling("JobManagerStarting", "The JobManager is starting."),
  DEPLOYED_NOT_READY: reconciling(
    "JobManagerStarting",
    "The JobManager has started but does not answer yet.",
  ),
  READY: reconciling("JobStarting", "The JobManager answers, but the job does not run yet."),
};
