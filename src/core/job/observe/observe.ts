import { isAtWork } from "../../../api/flinkFacts.ts";
import { causesOf, headlineOf, sqlProblemIn } from "../../../api/stackTrace.ts";
import type { LastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { errorTypes, formatStatusError } from "../../statusError.ts";
import { withoutCleanedLaunches } from "../launch/earlierLaunches.ts";
import type { EventIntent } from "../model/decision.ts";
import { type Facts, type LogSource, OUT_OF_MEMORY } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Settings } from "../model/settings.ts";
import { lostRunLog } from "../restore/lostRunCheckpoint.ts";
import { manualRestoreMessage } from "../restore/restoreGuard.ts";
import { leftNothingOfItsOwn, withStateOfItsOwn, withStateSpent } from "../restore/runState.ts";
import { stateOriginOf, withNewestSnapshot } from "../restore/stateOrigin.ts";
import { report } from "../status/failure.ts";
import { isLaunchIntended, LAST_STATE_DUMMY_PATH, withJob } from "../status/status.ts";
import { withHealth } from "./clusterHealth.ts";
import { jobManagerOutOfMemory } from "./jobManagerOutOfMemory.ts";
import { forgottenJob, forgottenJobLog, withForgottenEnd } from "./observeForgottenJob.ts";
import {
  hasCheckpointed,
  isAbsent,
  isFailedMain,
  isTerminal,
  jobOf,
  type LastSnapshot,
  lastSnapshotOf,
  observeJob,
} from "./observeJob.ts";
import { type JobManagerProblem, observeJobManager } from "./observeJobManager.ts";
import { requestedLog, taskManagerProblem } from "./observeTaskManagers.ts";
import { failedPythonLog, hintOf, isPythonExit, pythonProblem } from "./pythonFailure.ts";
import { silentJobManager } from "./unresponsiveJobManager.ts";

export interface Observation {
  readonly status: FlinkResourceStatus;
  readonly events: readonly EventIntent[];
  readonly logRequest: LogSource | undefined;
}

/**
 * Derives the status from the facts, before the decision. `settled`: the spec is the last deployed one, so that an
 * error in the status is not about a pending edit. `deleting`: the resource is being deleted.
 */
export function observe(
  before: FlinkResourceStatus,
  deployed: LastReconciledSpec | undefined,
  facts: Facts,
  settings: Settings,
  now: number,
  settled: boolean,
  deleting = false,
): Observation {
  if (deployed === undefined) return { status: before, events: [], logRequest: undefined };
  const previous = before.jobManagerDeploymentStatus ?? "MISSING";
  const jobManager = observeJobManager(
    previous,
    facts,
    now,
    settings.clientTimeoutMs,
    awaitsJob(before, deployed, facts),
  );
  // During an intended launch the status already describes the new job, and the cluster still seen is the old one.
  // MISSING means, for the Java operator as well, that a Deployment of the right generation is the new one.
  // A session cluster that is being deleted launches nothing more: its jobs are cancelled in the one that is there.
  const launches = isLaunchIntended(before, deployed) && !(deleting && deployed.spec.job === undefined);
  if (launches) {
    const isMissing = jobManager.status === "MISSING";
    return {
      status: isMissing ? { ...before, jobManagerDeploymentStatus: "MISSING" } : before,
      events: [],
      logRequest: undefined,
    };
  }

  let status: FlinkResourceStatus = { ...before, jobManagerDeploymentStatus: jobManager.status };
  const events: EventIntent[] = [];
  // The restore path of a suspended job is final, whatever its old JobManager still shows (REFERENCE 1.12).
  if (deployed.spec.job !== undefined && deployed.spec.job.state !== "suspended") {
    const job = observeJob(status, jobManager.status, facts, now);
    status = withNewestSnapshot({ ...status, jobStatus: job.job }, facts, settings);
    status = withTerminalSnapshot(status, facts, before);
    events.push(...job.events);
  }
  status = withClusterInfo(status, deployed, facts, settings);
  status = withJobHealth(status, facts, settings);
  const work = jobOf(facts, status.jobStatus?.jobId);
  if (status.jobStatus?.state === "RUNNING" && work !== undefined && isAtWork(work))
    status = withStateOfItsOwn(status, now);
  status = withStableSpec(status, deployed, facts, settings);
  status = withoutCleanedLaunches(status, facts);
  if (settled) status = withErrorCleared(status, facts);
  const ofJob = [
    (known: FlinkResourceStatus) => jobMissing(known, before, facts),
    (known: FlinkResourceStatus) => jobFailure(known, facts),
  ];
  const ofCluster = [
    (known: FlinkResourceStatus) => jobManagerProblem(known, jobManager.problem, facts, deployed, before),
    (known: FlinkResourceStatus) => jobManagerOutOfMemory(known, facts, now),
    (known: FlinkResourceStatus) => silentJobManager(known, facts, before, now),
    (known: FlinkResourceStatus) => jobForgotten(known, deployed, facts, now),
    (known: FlinkResourceStatus) => taskManagersMissing(known, facts, deployed, before, now),
  ];
  // A problem of a session cluster is reported once on the cluster, and not again on each of its jobs.
  for (const check of facts.session === undefined ? [...ofJob, ...ofCluster] : ofJob) {
    const found = check(status);
    status = found.status;
    events.push(...found.events);
  }
  return {
    status,
    events,
    logRequest:
      jobManager.problem?.crashed ??
      forgottenJobLog(status, facts, now) ??
      failedPythonLog(status, facts) ??
      requestedLog(status, facts, now) ??
      lostRunLog(status, facts, settings),
  };
}

/** An application's JobManager has been started, and does not list its job yet. */
function awaitsJob({ jobStatus }: FlinkResourceStatus, { spec }: LastReconciledSpec, facts: Facts): boolean {
  if (facts.session !== undefined || spec.job?.state !== "running" || jobStatus?.state !== "RECONCILING")
    return false;
  const job = jobOf(facts, jobStatus.jobId);
  return job === undefined || job.state === "INITIALIZING";
}

type Reported = Pick<Observation, "status" | "events">;

/** When a job ends, records the snapshot that the next launch restores from (REFERENCE 1.12). */
function withTerminalSnapshot(
  status: FlinkResourceStatus,
  facts: Facts,
  before: FlinkResourceStatus,
): FlinkResourceStatus {
  const { jobId, state } = status.jobStatus ?? {};
  if (!isTerminal(state) || !isTerminal(jobOf(facts, jobId)?.state)) return status;
  // A run that started with empty state leaves an older snapshot than the recorded one.
  if (stateOriginOf(status, facts).kind !== "continues") return status;
  const last = lastSnapshotOf(facts, jobId);
  if (state === "FINISHED") return withPathLeft(withStateSpent(status), last, before);
  return leftNothingOfItsOwn(status, facts)
    ? withJob(status, { upgradeSavepointPath: LAST_STATE_DUMMY_PATH })
    : withPathLeft(status, last, before);
}

function withPathLeft(
  status: FlinkResourceStatus,
  last: LastSnapshot,
  before: FlinkResourceStatus,
): FlinkResourceStatus {
  const { state, upgradeSavepointPath: path } = status.jobStatus ?? {};
  if (last.kind === "at") return withJob(status, { upgradeSavepointPath: last.path });
  if (last.kind === "unknown" && isTerminal(before.jobStatus?.state)) return status;
  // A finished job has no state to restore: Flink discards its checkpoints.
  const unknown = state === "FINISHED" && last.kind !== "unknown" ? undefined : LAST_STATE_DUMMY_PATH;
  const keepsPath = last.kind === "none" || (state === "FINISHED" && last.kind === "lost");
  const isKnown = keepsPath && path !== LAST_STATE_DUMMY_PATH;
  return isKnown ? status : withJob(status, { upgradeSavepointPath: unknown });
}

/**
 * Written once the job runs (or has ended) and the information is complete, so that it causes no extra writes before.
 */
function withClusterInfo(
  status: FlinkResourceStatus,
  deployed: LastReconciledSpec,
  facts: Facts,
  settings: Settings,
): FlinkResourceStatus {
  const { flink, jobManager, session } = facts;
  const state = status.jobStatus?.state;
  if (session !== undefined) return status;
  if (deployed.spec.job === undefined) {
    // The version is not requested again if the status has it.
    const version = flink?.config?.flinkVersion ?? status.clusterInfo?.["flink-version"];
    const isReported = version !== undefined && flink?.taskManagers !== undefined;
    if (status.jobManagerDeploymentStatus !== "READY" || !isReported) return status;
  } else if (state !== "RUNNING" && !isTerminal(state)) return status;
  if (flink === undefined || flink.deploymentUid !== jobManager?.uid) return status;
  const info: Record<string, string> = { ...status.clusterInfo };
  if (flink.config !== undefined) {
    info["flink-version"] = flink.config.flinkVersion;
    info["flink-revision"] = flink.config.flinkRevision;
  }
  // As TaskManagers come one after the other, their numbers are not worth a write each.
  const job = jobOf(facts, status.jobStatus?.jobId);
  const isStarting = state === "RUNNING" && job !== undefined && !isAtWork(job);
  const taskManagers = isStarting ? undefined : flink.taskManagers?.list.length;
  if (taskManagers !== undefined) {
    info["total-cpu"] = settings.totalCpu(taskManagers);
    const memory = settings.totalMemory(taskManagers);
    if (memory !== undefined) info["total-memory"] = memory;
  }
  return { ...status, clusterInfo: info };
}

/** Only for a job whose JobManager answers, and which is not ending. */
function withJobHealth(
  status: FlinkResourceStatus,
  { flink, jobManager }: Facts,
  { health }: Settings,
): FlinkResourceStatus {
  const state = status.jobStatus?.state;
  const isActive =
    state !== undefined && state !== "RECONCILING" && state !== "CANCELLING" && !isTerminal(state);
  if (health === undefined || !isActive || flink?.deploymentUid !== jobManager?.uid) return status;
  return flink === undefined ? status : withHealth(status, flink, health);
}

/**
 * A spec is stable once its job's tasks run (or it has finished); with the option for it, not before a checkpoint
 * completed. RUNNING is not enough: Flink reports RUNNING also for a job without any TaskManager.
 */
function withStableSpec(
  status: FlinkResourceStatus,
  deployed: LastReconciledSpec,
  facts: Facts,
  { stableAfterCheckpoint }: Settings,
): FlinkResourceStatus {
  const { state, jobId } = status.jobStatus ?? {};
  const reconciliation = status.reconciliationStatus;
  const job = jobOf(facts, jobId);
  const isSession = deployed.spec.job === undefined;
  const isUp = status.jobManagerDeploymentStatus === "READY" && status.clusterInfo?.["flink-version"];
  const runs =
    state === "RUNNING" &&
    job !== undefined &&
    isAtWork(job) &&
    (!stableAfterCheckpoint || hasCheckpointed(facts, jobId));
  const stable =
    reconciliation?.state === "DEPLOYED" &&
    (isSession ? isUp : runs || (state === "FINISHED" && deployed.spec.job?.state === "running"));
  if (!stable || reconciliation.lastStableSpec === reconciliation.lastReconciledSpec) return status;
  return {
    ...status,
    reconciliationStatus: { ...reconciliation, lastStableSpec: reconciliation.lastReconciledSpec },
  };
}

/**
 * Clears the error once the deployed spec is stable again, but not before Flink has reported its TaskManagers: after
 * an operator restart, a problem of theirs is not known yet and would be reported a second time.
 */
function withErrorCleared(status: FlinkResourceStatus, facts: Facts): FlinkResourceStatus {
  const { reconciliationStatus: reconciliation, jobManagerDeploymentStatus: jobManager, jobStatus } = status;
  if (status.error === undefined || jobManager !== "READY") return status;
  if (facts.flink?.taskManagers === undefined && facts.flink?.partFailures?.taskManagers === undefined)
    return status;
  if (jobStatus?.state !== undefined && unstableStates.has(jobStatus.state)) return status;
  if (reconciliation?.lastReconciledSpec !== reconciliation?.lastStableSpec || facts.jobManager === undefined)
    return status;
  return { ...status, error: undefined };
}

/** The error stays until the job has left these states. */
const unstableStates: ReadonlySet<string> = new Set(["FAILED", "RECONCILING", "RESTARTING"]);

/** The job existed, and its JobManager answers but does not know it. Tools match this text. */
function jobMissing(status: FlinkResourceStatus, before: FlinkResourceStatus, facts: Facts): Reported {
  const previous = before.jobStatus?.state;
  const lost =
    previous !== undefined && previous !== "RECONCILING" && status.jobStatus?.state === "RECONCILING";
  if (!lost || !isAbsent(facts, status.jobStatus?.jobId)) return { status, events: [] };
  return {
    status: { ...status, error: "Job Not Found" },
    events: [{ type: "Warning", reason: "Missing", component: "Job", message: "Job Not Found" }],
  };
}

function jobFailure(status: FlinkResourceStatus, facts: Facts): Reported {
  const jobId = status.jobStatus?.jobId;
  const result = facts.flink?.jobResult;
  if (status.jobStatus?.state !== "FAILED" || result?.jobId !== jobId || jobOf(facts, jobId) === undefined) {
    return { status, events: [] };
  }
  const failure = result?.result?.failure;
  if (failure === undefined) return { status, events: [] };
  const { className, stackTrace } = failure;
  if (isPythonExit(stackTrace) && isFailedMain(jobOf(facts, jobId))) {
    const problem = pythonProblem(status, facts);
    return problem === undefined
      ? { status, events: [] }
      : report(status, className, "Error", problem, "Job");
  }
  const [, ...causes] = causesOf(stackTrace).map(({ className: type, message }) => ({ type, message }));
  return report(status, className, "Error", causeChain(stackTrace), "Job", causes);
}

/** "cause -> its cause -> …" of a printed stack trace: at most three, the first and the last two. */
export function causeChain(stackTrace: string): string {
  const problem = sqlProblemIn(stackTrace);
  if (problem !== undefined) return problem;
  const causes = causesOf(stackTrace).map(({ className, message }) =>
    message === "" ? className : `${className}: ${message}`,
  );
  if (causes.length === 0) return headlineOf(stackTrace);
  const chain = causes.length <= 3 ? causes : [causes[0], ...causes.slice(-2)];
  const hint = hintOf(stackTrace);
  return `${chain.join(" -> ").slice(0, 2000)}${hint === undefined ? "" : ` (${hint})`}`;
}

/** A problem of the JobManager, or its disappearance. */
function jobManagerProblem(
  status: FlinkResourceStatus,
  problem: JobManagerProblem | undefined,
  facts: Facts,
  deployed: LastReconciledSpec,
  before: FlinkResourceStatus,
): Reported {
  if (problem !== undefined) {
    // The kubelet alternates between two reasons for one problem. The first one names the cause and is enough.
    if (
      isImagePull(problem.reason) &&
      before.jobManagerDeploymentStatus === "ERROR" &&
      isPullError(status.error)
    )
      return { status, events: [] };
    return report(status, errorTypes.deploymentFailed, problem.reason, problem.message);
  }
  const previous = before.jobManagerDeploymentStatus;
  const lost =
    status.jobManagerDeploymentStatus === "MISSING" &&
    facts.jobManager?.deleting !== true &&
    // A job that has ended needs no JobManager.
    !isTerminal(status.jobStatus?.state) &&
    // A resource that is being deleted has no JobManager on purpose.
    before.lifecycleState !== "DELETING" &&
    deployed.spec.job?.state !== "suspended" &&
    previous !== undefined &&
    previous !== "MISSING" &&
    previous !== "ERROR";
  if (!lost) return { status, events: [] };
  return {
    status: { ...status, error: formatStatusError({ type: errorTypes.missingJobManager, message: MISSING }) },
    events: [{ type: "Warning", reason: "Missing", component: "JobManagerDeployment", message: MISSING }],
  };
}

/**
 * Takes the end of the job from the log of the crashed JobManager. Reports an error if the job failed or its end is
 * unknown.
 */
function jobForgotten(
  status: FlinkResourceStatus,
  deployed: LastReconciledSpec,
  facts: Facts,
  now: number,
): Reported {
  const message = forgottenJob(status, facts, now);
  if (message === undefined || deployed.spec.job?.state === "suspended") return { status, events: [] };
  const ended = withForgottenEnd(status, facts, now);
  const { state, upgradeSavepointPath: path } = ended.status.jobStatus ?? {};
  if (state === "FINISHED" && path !== LAST_STATE_DUMMY_PATH) return ended;
  const whatToDo = manualRestoreMessage({ status, facts }, `${message}.`);
  const reported = report(ended.status, errorTypes.deploymentFailed, "Error", whatToDo, "Job");
  return { status: reported.status, events: [...ended.events, ...reported.events] };
}

/**
 * What prevents TaskManagers from starting. While an image cannot be pulled, the wording of the first report is kept.
 */
function taskManagersMissing(
  status: FlinkResourceStatus,
  facts: Facts,
  deployed: LastReconciledSpec,
  before: FlinkResourceStatus,
  now: number,
): Reported {
  const problem = taskManagerProblem(status, facts, now);
  if (problem === undefined) return { status, events: [] };
  const hint =
    deployed.spec.job?.python !== undefined && problem.reason === OUT_OF_MEMORY ? PYTHON_MEMORY : "";
  if (isImagePull(problem.reason) && isPullError(before.error))
    return { status: { ...status, error: before.error }, events: [] };
  return report(status, errorTypes.deploymentFailed, problem.reason, problem.message + hint);
}

const PYTHON_MEMORY =
  ": the processes of its Python functions are part of the container and not of the JVM; leave them more room, with " +
  "taskmanager.memory.jvm-overhead.min or a larger taskManager.resource.memory";

const pullReasons = ["ErrImagePull", "ImagePullBackOff"];
const isImagePull = (reason: string): boolean => pullReasons.includes(reason);
const isPullError = (error: string | undefined): boolean =>
  pullReasons.some((reason) => error?.includes(`"reason":"${reason}"`));

const MISSING = "Missing JobManager deployment";
