import {
  type CheckpointStatistics,
  type CheckpointTriggerStatus,
  type ClusterConfig,
  type CompletedSnapshot,
  type DisposalStatus,
  type FlinkFailure,
  type JobException,
  type JobMetrics,
  type JobOverview,
  type JobResult,
  type JobState,
  type JobVertex,
  jobStates,
  type ResourceRequirements,
  type SavepointStatus,
  type TaskManagerInfo,
} from "../api/flinkFacts.ts";
import { causesOf, compactStackTrace } from "../api/stackTrace.ts";
import {
  at,
  broken,
  each,
  type JsonObject,
  number,
  numberOr,
  object,
  objectOr,
  text,
  textOr,
} from "./json.ts";

/**
 * Reads the bodies of Flink's REST answers, 1.16 to 2.3. Every function takes parsed JSON of any shape and throws a
 * FlinkRestError of kind "broken" that names the field if the shape is not Flink's. Stack traces are shortened to what a
 * person reads: the traces of ten thousand jobs must fit into memory.
 */

export function readConfig(body: unknown): ClusterConfig {
  const config = object(body, "config");
  return {
    flinkVersion: text(config, "flink-version"),
    flinkRevision: textOr(config, "flink-revision", ""),
  };
}

export function readJobs(body: unknown): JobOverview[] {
  return each(body, "jobs", (job) => ({
    id: text(job, "jid"),
    name: textOr(job, "name", ""),
    state: readJobState(text(job, "state")),
    startTime: numberOr(job, "start-time", -1),
    endTime: numberOr(job, "end-time", -1),
    lastModification: numberOr(job, "last-modification", -1),
    tasks: numbersOf(at(job, "tasks")),
  }));
}

const knownStates: ReadonlySet<string> = new Set(jobStates);

function readJobState(state: string): JobState {
  if (!knownStates.has(state)) {
    throw brokenState(state);
  }
  return state as JobState;
}

// Treating an unknown state as a known one could cause an action on a job that must not be changed.
const brokenState = (state: string) => broken(`unknown job state "${state.slice(0, 40)}"`);

/**
 * For a job without checkpointing the adaptive scheduler returns zeros. The default scheduler returns a 404, which the
 * client turns into undefined.
 */
export function readCheckpoints(body: unknown): CheckpointStatistics {
  const answer = object(body, "checkpoints");
  const counts = object(at(answer, "counts"), "counts");
  const latest = objectOr(at(answer, "latest"));
  return {
    completedCount: number(counts, "completed"),
    inProgressCount: number(counts, "in_progress"),
    pendingSince: readPending(at(answer, "history")),
    ...readUnderWay(at(answer, "history")),
    latestCompleted: readSnapshot(at(latest, "completed")),
    latestSavepoint: readSnapshot(at(latest, "savepoint")),
    latestRestored: readSnapshot(at(latest, "restored")),
  };
}

/** Tasks that a bounded source has finished count: they are not missing. */
export const readVertices = (body: unknown): JobVertex[] =>
  each(body, "vertices", (vertex) => {
    const { RUNNING = 0, FINISHED = 0 } = numbersOf(at(vertex, "tasks"));
    return {
      id: text(vertex, "id"),
      name: textOr(vertex, "name", ""),
      parallelism: number(vertex, "parallelism"),
      maxParallelism: number(vertex, "maxParallelism"),
      running: RUNNING + FINISHED,
    };
  });

export const readRequirements = (body: unknown): ResourceRequirements =>
  Object.fromEntries(
    Object.entries(object(body, "resource requirements")).map(([id, vertex]) => {
      const bounds = object(at(object(vertex, `vertex ${id}`), "parallelism"), "parallelism");
      const [lowerBound, upperBound] = [number(bounds, "lowerBound"), number(bounds, "upperBound")];
      return [id, { parallelism: { lowerBound, upperBound } }];
    }),
  );

/** The history is sorted, newest first. */
function readPending(history: unknown): number | undefined {
  const newest = objectOr(Array.isArray(history) ? history[0] : undefined);
  const triggeredAt = at(newest, "trigger_timestamp");
  return at(newest, "status") === "IN_PROGRESS" && typeof triggeredAt === "number" ? triggeredAt : undefined;
}

/** What others may have begun: no trigger id leads from the history to who did. */
function readUnderWay(history: unknown): Pick<CheckpointStatistics, "stopping" | "savepointSince"> {
  const entries = Array.isArray(history) ? history.map(objectOr) : [];
  const isPending = (entry: JsonObject) => at(entry, "status") === "IN_PROGRESS";
  const ofType = (type: string) => (entry: JsonObject) => at(entry, "checkpoint_type") === type;
  const stop = entries.filter(isPending).find(ofType("SYNC_SAVEPOINT")) ?? completedStop(entries[0]);
  const savepoint = entries.filter(isPending).find(ofType("SAVEPOINT"));
  const completedAt = stop && !isPending(stop) ? number(stop, "latest_ack_timestamp") : undefined;
  return {
    ...(stop && {
      stopping: {
        since: number(stop, "trigger_timestamp"),
        ...(completedAt !== undefined && { completedAt }),
      },
    }),
    ...(savepoint && { savepointSince: number(savepoint, "trigger_timestamp") }),
  };
}

/** A job of which something was triggered after that did not stop. */
const completedStop = (newest: JsonObject | undefined): JsonObject | undefined =>
  newest !== undefined &&
  at(newest, "status") === "COMPLETED" &&
  at(newest, "checkpoint_type") === "SYNC_SAVEPOINT"
    ? newest
    : undefined;

function readSnapshot(value: unknown): CompletedSnapshot | undefined {
  if (value === null || value === undefined) {
    return undefined;
  }
  const snapshot = object(value, "checkpoint");
  const restoredAt = at(snapshot, "restore_timestamp");
  const stateSize = at(snapshot, "state_size");
  const acknowledgedAt = at(snapshot, "latest_ack_timestamp");
  return {
    id: number(snapshot, "id"),
    externalPath: textOr(snapshot, "external_path", ""),
    isSavepoint: at(snapshot, "is_savepoint") === true,
    discarded: at(snapshot, "discarded") === true,
    timestamp: typeof restoredAt === "number" ? restoredAt : number(snapshot, "trigger_timestamp"),
    stateSize: typeof stateSize === "number" ? stateSize : undefined,
    ...(typeof acknowledgedAt === "number" && acknowledgedAt > 0 ? { completedAt: acknowledgedAt } : {}),
  };
}

export function readJobResult(body: unknown): JobResult | undefined {
  const answer = object(body, "execution-result");
  if (readQueueStatus(answer) === "IN_PROGRESS") {
    return undefined;
  }
  const result = object(at(answer, "job-execution-result"), "job-execution-result");
  const status = text(result, "application-status");
  return {
    status: status === "SUCCEEDED" || status === "FAILED" || status === "CANCELED" ? status : "UNKNOWN",
    failure: readFailure(at(result, "failure-cause")),
  };
}

/** The application that has failed, or is about to. */
export const readFailedApplication = (
  body: unknown,
): { readonly id: string; readonly isEnding: boolean } | undefined =>
  each(object(body, "applications"), "applications", (entry) => ({
    id: text(entry, "id"),
    status: text(entry, "status"),
  }))
    .filter(({ status }) => status === "FAILED" || status === "FAILING")
    .map(({ id, status }) => ({ id, isEnding: status === "FAILING" }))[0];

/** Of an application whose failure Flink does not tell, its own name for that. */
export function readApplicationFailure(body: unknown): FlinkFailure {
  const [first] = readExceptions(body);
  const stackTrace = first?.stackTrace ?? `${applicationFailed}: Could not execute application.`;
  return { className: first?.name || applicationFailed, stackTrace };
}

const applicationFailed = "org.apache.flink.client.deployment.application.ApplicationExecutionException";

export function readExceptions(body: unknown): JobException[] {
  const history = at(object(body, "exceptions"), "exceptionHistory");
  return each(history, "entries", (entry) => ({
    name: textOr(entry, "exceptionName", ""),
    stackTrace: compactStackTrace(textOr(entry, "stacktrace", "")),
    timestamp: number(entry, "timestamp"),
    taskName: optionalText(entry, "taskName"),
    // "location" is its older name.
    endpoint: optionalText(entry, "endpoint") ?? optionalText(entry, "location"),
    taskManagerId: optionalText(entry, "taskManagerId"),
    failureLabels: textsOf(at(entry, "failureLabels")),
  }));
}

/** The metrics that `readJobMetrics` reads. Newer versions have no fullRestarts. */
export const jobMetricNames = ["numRestarts", "fullRestarts", "numberOfCompletedCheckpoints"] as const;

/** Flink collects metrics on request: the first response is empty, and a later one may be, too. */
export function readJobMetrics(body: unknown): JobMetrics {
  const values = new Map(
    each({ metrics: body }, "metrics", (metric) => [text(metric, "id"), counterOf(metric)] as const),
  );
  const [restarts, fullRestarts, completedCheckpoints] = jobMetricNames.map((name) => values.get(name));
  return { restarts: restarts ?? fullRestarts, completedCheckpoints };
}

/** For a gauge that Flink cannot read, the value is not a number. */
function counterOf(metric: JsonObject): number | undefined {
  const value = Number(textOr(metric, "value", ""));
  return Number.isInteger(value) && value >= 0 && textOr(metric, "value", "") !== "" ? value : undefined;
}

export function readTaskManagers(body: unknown): TaskManagerInfo[] {
  return each(body, "taskmanagers", (taskManager) => ({
    id: text(taskManager, "id"),
    slots: number(taskManager, "slotsNumber"),
    freeSlots: number(taskManager, "freeSlots"),
  }));
}

/** The status of an asynchronous trigger that ends with a savepoint's location. */
export function readSavepointStatus(body: unknown): SavepointStatus {
  const answer = object(body, "savepoint status");
  if (readQueueStatus(answer) === "IN_PROGRESS") {
    return { state: "in-progress" };
  }
  const operation = object(at(answer, "operation"), "operation");
  const failure = readFailure(at(operation, "failure-cause"));
  if (failure === undefined) {
    return { state: "completed", location: text(operation, "location") };
  }
  const location = savepointOfFailedStop(failure);
  return location === undefined ? { state: "failed", failure } : { state: "completed", location };
}

/**
 * StopWithSavepointStoppingException means that the savepoint is complete although the job failed while it stopped. It is
 * the newest savepoint. Only the message contains its path.
 */
function savepointOfFailedStop(failure: FlinkFailure): string | undefined {
  const cause = causesOf(failure.stackTrace).find((candidate) =>
    candidate.className.endsWith(".StopWithSavepointStoppingException"),
  );
  return cause && /A savepoint has been created at: (\S+), but /.exec(cause.message)?.[1];
}

export function readCheckpointStatus(body: unknown): CheckpointTriggerStatus {
  const answer = object(body, "checkpoint status");
  if (readQueueStatus(answer) === "IN_PROGRESS") return { state: "in-progress" };
  const operation = object(at(answer, "operation"), "operation");
  const failure = readFailure(at(operation, "failure-cause"));
  return failure === undefined
    ? { state: "completed", checkpointId: number(operation, "checkpointId") }
    : { state: "failed", failure };
}

/** A checkpoint in progress has no path. */
export function readCheckpointPath(body: unknown): string | undefined {
  return optionalText(object(body, "checkpoint"), "external_path");
}

export function readDisposalStatus(body: unknown): DisposalStatus {
  const answer = object(body, "disposal status");
  if (readQueueStatus(answer) === "IN_PROGRESS") return { state: "in-progress" };
  const failure = readFailure(at(objectOr(at(answer, "operation")), "failure-cause"));
  return failure === undefined ? { state: "completed" } : { state: "failed", failure };
}

/** The request-id in the response to a trigger. */
export function readTriggerId(body: unknown): string {
  return text(object(body, "trigger"), "request-id");
}

/** The id of an uploaded jar: its file name in the JobManager's jar directory. */
export function readJarId(body: unknown): string {
  const answer = object(body, "jar upload");
  const id = text(answer, "filename").split(/[/\\]/).at(-1) ?? "";
  if (id === "") {
    throw broken("the answer's field filename names no file");
  }
  return id;
}

/** The job id in the response to a jar run. */
export function readJobId(body: unknown): string {
  return text(object(body, "jar run"), "jobid");
}

function readQueueStatus(answer: JsonObject): "IN_PROGRESS" | "COMPLETED" {
  const status = text(object(at(answer, "status"), "status"), "id");
  if (status !== "IN_PROGRESS" && status !== "COMPLETED") {
    throw broken(`unknown status "${status.slice(0, 40)}"`);
  }
  return status;
}

function readFailure(value: unknown): FlinkFailure | undefined {
  if (value === null || value === undefined) {
    return undefined;
  }
  const cause = object(value, "failure-cause");
  return {
    className: text(cause, "class"),
    stackTrace: compactStackTrace(textOr(cause, "stack-trace", "")),
  };
}

const optionalText = (of: JsonObject, field: string): string | undefined => {
  const value = at(of, field);
  return typeof value === "string" ? value : undefined;
};

const numbersOf = (value: unknown): Record<string, number> =>
  Object.fromEntries(
    Object.entries(objectOr(value)).filter(
      (entry): entry is [string, number] => typeof entry[1] === "number",
    ),
  );

const textsOf = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(objectOr(value)).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
