import type { DecisionAct, JobManagerDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Reason } from "../../reasons.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { readStatusError } from "../../statusError.ts";
import type { Notice } from "../../warn/warnOfNoEffect.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";

/** What is asked of a resource, as far as its status does not tell. */
export interface DesiredState {
  readonly subject: "application" | "session cluster" | "session job";
  /** The metadata.generation that was looked at. */
  readonly generation: number;
  /** It is being deleted. */
  readonly deleting: boolean;
  /** Its job is to run; else it is to be suspended. */
  readonly shouldRun: boolean;
  /** The spec differs from the deployed one in a way that has not been acted on. */
  readonly changePending: boolean;
  /** What of the spec does nothing. */
  readonly noEffect?: Notice | undefined;
  /** What it waits for, as a clause. */
  readonly waitsFor: string | undefined;
  /** What keeps its deletion from going on, as a clause. */
  readonly blockedBy?: string | undefined;
}

/**
 * Where a resource stands, in the three ways that kstatus knows: it is as asked, on its way there, or does not get there
 * without help. An error stands for the last: what goes on by itself is none.
 */
export interface ConditionReason {
  readonly kind: "ready" | "reconciling" | "stalled";
  readonly reason: Reason;
  readonly message: string;
}

/** The first that answers. */
export function conditionReasonOf(status: FlinkResourceStatus, desired: DesiredState): ConditionReason {
  for (const judge of checks) {
    const standing = judge(status, desired);
    if (standing !== undefined) return standing;
  }
  return desired.subject === "session cluster" ? deployedSession(status) : deployedJob(status);
}

type Check = (status: FlinkResourceStatus, desired: DesiredState) => ConditionReason | undefined;

const checks: readonly Check[] = [
  beingDeleted,
  inError,
  neverDeployed,
  underWay,
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

/** What keeps it from going is told in the error. */
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

/** A suspended job is as the spec asks: nothing is left to wait for. */
const asSuspended = ["Suspended", "The job is suspended, as the spec asks."] as const;

/** Told in the words of the decision: what is waited for changes with each step, and each would be a write. */
function underWay(
  status: FlinkResourceStatus,
  { subject, shouldRun, waitsFor }: DesiredState,
): ConditionReason | undefined {
  const { reconciliationStatus: reconciliation, jobStatus } = status;
  const isStopping = jobStatus?.savepointInfo?.triggerType === "UPGRADE";
  if (reconciliation?.state === "ROLLING_BACK")
    return reconciling("RollingBack", "The last stable spec is being deployed again.");
  if (reconciliation?.state !== "UPGRADING" && !isStopping) return undefined;
  if (!shouldRun) return reconciling("Suspending", "The job is being suspended.");
  // What a session job waits for is its session cluster, however long that takes.
  if (subject === "session job" && waitsFor !== undefined) return reconciling("Waiting", waiting(waitsFor));
  if (!isStopping && isFirst(status)) {
    const what = subject === "session job" ? "The job is being submitted." : "The cluster is being created.";
    return reconciling("Deploying", what);
  }
  const [decision] = status.decisions ?? [];
  const word = decision?.launchedAt === undefined && decision?.act && inProgress[decision.act];
  return word
    ? reconciling(word, decision.reason ?? "")
    : reconciling("Upgrading", `The ${subject === "session job" ? "job" : "cluster"} is being replaced.`);
}

/** The decision that is being carried out. One to suspend or to delete the job has been taken back. */
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

function pendingChange(_: FlinkResourceStatus, desired: DesiredState): ConditionReason | undefined {
  if (!desired.changePending && desired.waitsFor === undefined) return undefined;
  const why = desired.waitsFor === undefined ? "The spec changed." : waiting(desired.waitsFor);
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

function deployedJob(status: FlinkResourceStatus): ConditionReason {
  const { jobManagerDeploymentStatus: jobManager = "MISSING", jobStatus } = status;
  switch (jobStatus?.state) {
    case "RUNNING":
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
