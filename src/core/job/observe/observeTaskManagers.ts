import { MAIN_CONTAINER } from "../../../api/v1beta1/names.ts";
import { firstReason, type Reason } from "../../reasons.ts";
import { type Facts, type LogSource, refusalOf } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { apiServerAnswer } from "../status/apiServerAnswer.ts";
import { jobOf } from "./observeJob.ts";

/** What prevents a job's TaskManagers from starting, in the words of Kubernetes. */
export interface TaskManagerProblem {
  readonly reason: Reason;
  readonly message: string;
}

/** Flink creates a pod within a second of the job's start. */
const GRACE_PERIOD_MS = 10_000;

/**
 * The log of a JobManager that waits for TaskManagers. If Kubernetes rejects their pods, Flink only logs that and
 * retries forever, while the job counts as RUNNING.
 */
export function requestedLog(status: FlinkResourceStatus, facts: Facts, now: number): LogSource | undefined {
  const { jobManagerDeploymentStatus: jobManager, jobStatus } = status;
  const job = jobOf(facts, jobStatus?.jobId);
  if (jobManager !== "READY" || job === undefined || !waitingStates.has(job.state)) return undefined;
  // A standalone JobManager creates no pods.
  if (facts.taskManagers !== undefined) return undefined;
  const none = facts.taskManagerPods.length === 0 && facts.flink?.taskManagers?.list.length === 0;
  if (!none || now - job.startTime < GRACE_PERIOD_MS) return undefined;
  const pod = facts.jobManagerPods.find(({ ready, deleting }) => ready && !deleting);
  return pod && { pod: pod.name, container: MAIN_CONTAINER, restartCount: undefined };
}

const waitingStates: ReadonlySet<string> = new Set(["CREATED", "RUNNING", "RESTARTING"]);

/** Why a job does not get its TaskManagers; undefined if no reason is known. */
export function taskManagerProblem(
  status: FlinkResourceStatus,
  facts: Facts,
  now: number,
): TaskManagerProblem | undefined {
  if (status.jobManagerDeploymentStatus !== "READY") return undefined;
  const stuck = facts.taskManagerPods.find(({ deleting, problem }) => !deleting && problem !== undefined);
  if (stuck?.problem !== undefined) {
    const { container, reason, message } = stuck.problem;
    return { reason: firstReason(reason), message: `TaskManager: [${container}] ${message}` };
  }
  const refused = refusalOf(facts.taskManagers);
  if (refused !== undefined)
    return { reason: firstReason(refused.reason), message: `TaskManager: ${refused.message}` };
  const requested = requestedLog(status, facts, now);
  const log = facts.podLog;
  if (requested === undefined || log?.pod !== requested.pod || log.restartCount !== undefined)
    return undefined;
  const refusal = podRefusal(log.text);
  return refusal === undefined ? undefined : { reason: "FailedCreate", message: `TaskManager: ${refusal}` };
}

const attempt = /Could not create pod \S+, exception: |\bPod \S+ is created\./g;

/**
 * Why Kubernetes rejected the last pod that Flink tried to create, in the API server's words; undefined if it was
 * created.
 */
export function podRefusal(log: string): string | undefined {
  const last = [...log.matchAll(attempt)].at(-1);
  if (last === undefined || last[0].startsWith("Pod")) return undefined;
  const text = log.slice(last.index + last[0].length, last.index + 4_000);
  const message = apiServerAnswer(text) ?? text.split("\n", 1)[0];
  // Each attempt has its own pod name, so with it each attempt would be a new event.
  return message?.replace(/(-taskmanager)-\d+-\d+/g, "$1").slice(0, 1_000);
}
