import type { JobManagerDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { MAIN_CONTAINER } from "../../../api/v1beta1/names.ts";
import { firstReason, type Reason } from "../../reasons.ts";
import {
  type Facts,
  type LogSource,
  OUT_OF_MEMORY,
  OUT_OF_MEMORY_MESSAGE,
  type PodFacts,
  refusalOf,
} from "../model/facts.ts";
import { apiServerAnswer } from "../status/apiServerAnswer.ts";
import { isPythonExit, PYTHON, tracebackIn } from "./pythonFailure.ts";

/** What prevents a JobManager from running, in the words of Kubernetes. */
export interface JobManagerProblem {
  /** "ImagePullBackOff", "CrashLoopBackOff", "FailedCreate", … */
  readonly reason: Reason;
  readonly message: string;
  /** The container whose log may contain the cause. */
  readonly crashed: LogSource | undefined;
}

export interface JobManagerObservation {
  readonly status: JobManagerDeploymentStatus;
  /** Set if and only if the status is ERROR. */
  readonly problem: JobManagerProblem | undefined;
}

/**
 * The status of the JobManager. Unlike in the reference, READY is checked again in each reconcile: a JobManager that
 * does not answer for `graceMs`, or whose pod has a problem, is no longer READY (REFERENCE 6.2). `awaitsJob`: its
 * job is still to come; for some seconds READY is reported together with it, in one write.
 */
export function observeJobManager(
  previous: JobManagerDeploymentStatus,
  facts: Facts,
  now: number,
  graceMs: number,
  awaitsJob = false,
): JobManagerObservation {
  const deployment = facts.jobManager;
  if (deployment === undefined || deployment.deleting) return { status: "MISSING", problem: undefined };
  const flink = facts.flink?.deploymentUid === deployment.uid ? facts.flink : undefined;
  if (flink?.reachability === "ok" && !isOutdated(facts, flink.jobsAt)) {
    const isEarly = previous !== "READY" && awaitsJob && now - (flink.answeringSince ?? 0) < FIRST_JOB_MS;
    return { status: isEarly ? "DEPLOYED_NOT_READY" : "READY", problem: undefined };
  }
  const problem = problemOf(facts);
  if (problem !== undefined) return { status: "ERROR", problem };
  // Also if nothing is known yet, as directly after an operator restart.
  const silentMs = flink?.failingSince === undefined ? 0 : now - flink.failingSince;
  if (previous === "READY" && silentMs < graceMs && anyReady(facts)) {
    return { status: "READY", problem: undefined };
  }
  return { status: anyReady(facts) ? "DEPLOYED_NOT_READY" : "DEPLOYING", problem: undefined };
}

/** How long a JobManager answers before it has its job, in general. */
const FIRST_JOB_MS = 3_000;

/** The JobManager that answered has ended: no container runs, or it was restarted since. */
function isOutdated(facts: Facts, answeredAt = 0): boolean {
  if (anyReady(facts)) return false;
  return facts.jobManagerPods.some(
    ({ deleting, problem, restarted }) =>
      !deleting && (problem?.container === MAIN_CONTAINER || (restarted?.at ?? 0) > answeredAt),
  );
}

const anyReady = (facts: Facts): boolean => facts.jobManagerPods.some((pod) => pod.ready && !pod.deleting);

function problemOf(facts: Facts): JobManagerProblem | undefined {
  const refused = refusalOf(facts.jobManager);
  if (refused !== undefined)
    return { reason: firstReason(refused.reason), message: refused.message, crashed: undefined };
  const pods = facts.jobManagerPods.filter(({ deleting }) => !deleting);
  const stuck = pods.find(({ problem }) => problem !== undefined);
  if (stuck !== undefined) return podProblem(stuck, facts);
  // It is booting after a restart. The problem is still that it ran out of memory.
  const killed = pods.some(({ ready, restarted }) => !ready && restarted?.reason === OUT_OF_MEMORY);
  return killed
    ? { reason: OUT_OF_MEMORY, message: `[${MAIN_CONTAINER}] ${OUT_OF_MEMORY_MESSAGE}`, crashed: undefined }
    : undefined;
}

function podProblem(pod: PodFacts, facts: Facts): JobManagerProblem | undefined {
  const problem = pod.problem;
  if (problem === undefined) return undefined;
  const { container, reason, restartCount } = problem;
  const script = sqlProblemWritten(problem.message);
  if (script !== undefined) return { reason: firstReason(reason), message: script, crashed: undefined };
  const log = facts.podLog;
  const isOfCrash = log?.pod === pod.name && log.restartCount !== undefined;
  const cause = isOfCrash ? firstCause(log.text) : undefined;
  return {
    reason: firstReason(reason),
    message: `[${container}] ${cause ?? problem.message}`,
    crashed: reason === "CrashLoopBackOff" ? { pod: pod.name, container, restartCount } : undefined,
  };
}

/** The sentence that the runner of SQL scripts has written as the container's termination message. */
export function sqlProblemWritten(text: string): string | undefined {
  const at = text.indexOf('{"sql":');
  if (at < 0) return undefined;
  try {
    return (JSON.parse(text.slice(at)) as { sql: { message: string } }).sql.message;
  } catch {
    // The kubelet cuts a message of more than four kilobytes.
    return undefined;
  }
}

/** The timestamp of a log line. It differs in each crash, so with it each crash would be a new event. */
const timestamp = /^\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d([.,]\d+)?Z?\]?\s*/;

/**
 * The line of a log that shows why a process ended: the innermost "Caused by", else the last line that names an
 * exception or error, else the last line. Where that is the exit of a Python process, its traceback.
 */
export function firstCause(log: string): string | undefined {
  const lines = log
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const causes = lines.filter((line) => line.startsWith("Caused by: "));
  const named = lines.filter((line) => /^[\w.$]+(Exception|Error)(:|$)/.test(line));
  const fatal = lines.filter((line) => /\b(ERROR|FATAL)\b/.test(line));
  const line = causes.at(-1)?.slice("Caused by: ".length) ?? named.at(-1) ?? fatal.at(-1) ?? lines.at(-1);
  const python = line !== undefined && isPythonExit(line) ? tracebackIn(log) : undefined;
  if (python !== undefined) return `${PYTHON}${python}`;
  return line && (apiServerAnswer(line) ?? line.replace(timestamp, "")).slice(0, 1000);
}
