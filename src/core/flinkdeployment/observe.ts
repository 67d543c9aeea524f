import type { FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import type { LastReconciledSpec } from "../lastReconciledSpec.ts";
import { errorTypes, formatStatusError } from "../statusError.ts";
import type { EventIntent } from "./decision.ts";
import type { Facts } from "./facts.ts";
import { report } from "./failure.ts";
import {
  checkpointsKnown,
  checkpointsOf,
  isTerminal,
  jobOf,
  newestSnapshot,
  observeJob,
} from "./observeJob.ts";
import { observeJobManager, type Trouble } from "./observeJobManager.ts";
import type { Settings } from "./settings.ts";
import { withJob } from "./status.ts";

export interface Observation {
  readonly status: FlinkDeploymentStatus;
  readonly events: readonly EventIntent[];
  readonly trouble: Trouble | undefined;
}

/**
 * What the facts mean for the status, before anything is decided. `settled`: the spec is the one last taken up, so
 * that an error in the status is not about an edit that still waits.
 */
export function observe(
  before: FlinkDeploymentStatus,
  deployed: LastReconciledSpec | undefined,
  facts: Facts,
  settings: Settings,
  now: number,
  settled: boolean,
): Observation {
  if (deployed === undefined) return { status: before, events: [], trouble: undefined };
  const previous = before.jobManagerDeploymentStatus ?? "MISSING";
  const jobManager = observeJobManager(previous, facts, now, settings.clientTimeoutMs);
  const launchPending =
    before.reconciliationStatus?.state === "UPGRADING" && deployed.spec.job?.state === "suspended";
  let status: FlinkDeploymentStatus = { ...before, jobManagerDeploymentStatus: jobManager.status };
  // An intended launch says itself what its job is; the cluster still seen belongs to the one before.
  if (launchPending) return { status, events: [], trouble: undefined };

  const events: EventIntent[] = [];
  const job = observeJob(status, jobManager.status, facts, now);
  status = { ...status, jobStatus: job.job };
  events.push(...job.events);
  status = withTerminalSnapshot(status, facts);
  status = withClusterInfo(status, facts, settings);
  status = withStableSpec(status, deployed);
  if (settled) status = withErrorCleared(status, facts);
  for (const observed of [
    jobFailure(status, facts),
    jobManagerTrouble(status, jobManager.trouble, facts, deployed, before),
  ]) {
    status = observed.status;
    events.push(...observed.events);
  }
  return { status, events, trouble: jobManager.trouble };
}

type Reported = Pick<Observation, "status" | "events">;

/** The end of a job leaves the snapshot that a successor starts from (REFERENCE 1.12). */
function withTerminalSnapshot(status: FlinkDeploymentStatus, facts: Facts): FlinkDeploymentStatus {
  const jobId = status.jobStatus?.jobId;
  if (!isTerminal(status.jobStatus?.state) || !checkpointsKnown(facts, jobId)) return status;
  const newest = newestSnapshot(checkpointsOf(facts, jobId));
  return newest === undefined ? status : withJob(status, { upgradeSavepointPath: newest.externalPath });
}

/** Told once the job runs (or has ended), when it is complete: so it costs no write of its own while it gathers. */
function withClusterInfo(
  status: FlinkDeploymentStatus,
  facts: Facts,
  settings: Settings,
): FlinkDeploymentStatus {
  const { flink, jobManager } = facts;
  const state = status.jobStatus?.state;
  if (state !== "RUNNING" && !isTerminal(state)) return status;
  if (flink === undefined || flink.deploymentUid !== jobManager?.uid) return status;
  const info: Record<string, string> = { ...status.clusterInfo };
  if (flink.config !== undefined) {
    info["flink-version"] = flink.config.flinkVersion;
    info["flink-revision"] = flink.config.flinkRevision;
  }
  const taskManagers = flink.taskManagers?.list.length;
  if (taskManagers !== undefined) {
    info["total-cpu"] = settings.totalCpu(taskManagers);
    info["total-memory"] = settings.totalMemory(taskManagers);
  }
  return { ...status, clusterInfo: info };
}

/** What runs (or ran to its end) is stable. */
function withStableSpec(status: FlinkDeploymentStatus, deployed: LastReconciledSpec): FlinkDeploymentStatus {
  const state = status.jobStatus?.state;
  const reconciliation = status.reconciliationStatus;
  const stable =
    reconciliation?.state === "DEPLOYED" &&
    (state === "RUNNING" || (state === "FINISHED" && deployed.spec.job?.state === "running"));
  if (!stable || reconciliation.lastStableSpec === reconciliation.lastReconciledSpec) return status;
  return {
    ...status,
    reconciliationStatus: { ...reconciliation, lastStableSpec: reconciliation.lastReconciledSpec },
  };
}

/** An error is history once the deployed spec is stable again. */
function withErrorCleared(status: FlinkDeploymentStatus, facts: Facts): FlinkDeploymentStatus {
  const { reconciliationStatus: reconciliation, jobManagerDeploymentStatus: jobManager } = status;
  if (status.error === undefined || jobManager !== "READY" || status.jobStatus?.state === "FAILED")
    return status;
  if (reconciliation?.lastReconciledSpec !== reconciliation?.lastStableSpec || facts.jobManager === undefined)
    return status;
  return { ...status, error: undefined };
}

function jobFailure(status: FlinkDeploymentStatus, facts: Facts): Reported {
  const jobId = status.jobStatus?.jobId;
  const result = facts.flink?.jobResult;
  if (status.jobStatus?.state !== "FAILED" || result?.jobId !== jobId || jobOf(facts, jobId) === undefined) {
    return { status, events: [] };
  }
  const failure = result?.result?.failure;
  if (failure === undefined) return { status, events: [] };
  return report(status, failure.className, "Error", causeChain(failure.stackTrace), "Job");
}

/** "message -> message of the cause -> …" of a printed stack trace: at most three, the first and the last two. */
export function causeChain(stackTrace: string): string {
  const messages = stackTrace
    .split("\n")
    .filter((line) => !/^\s+at |^\s*\.\.\. \d+ more/.test(line))
    .map((line) => line.trim().replace(/^Caused by: /, ""))
    .filter((line) => line !== "");
  const chain = messages.length <= 3 ? messages : [messages[0], ...messages.slice(-2)];
  return chain.join(" -> ").slice(0, 2000);
}

/** Trouble of the JobManager, and its absence where it was just there. */
function jobManagerTrouble(
  status: FlinkDeploymentStatus,
  trouble: Trouble | undefined,
  facts: Facts,
  deployed: LastReconciledSpec,
  before: FlinkDeploymentStatus,
): Reported {
  if (trouble !== undefined)
    return report(status, errorTypes.deploymentFailed, trouble.reason, trouble.message);
  const was = before.jobManagerDeploymentStatus;
  const lost =
    status.jobManagerDeploymentStatus === "MISSING" &&
    facts.jobManager?.deleting !== true &&
    deployed.spec.job?.state === "running" &&
    was !== undefined &&
    was !== "MISSING" &&
    was !== "ERROR";
  if (!lost) return { status, events: [] };
  return {
    status: { ...status, error: formatStatusError({ type: errorTypes.missingJobManager, message: MISSING }) },
    events: [{ type: "Warning", reason: "Missing", component: "JobManagerDeployment", message: MISSING }],
  };
}

const MISSING = "Missing JobManager deployment";
