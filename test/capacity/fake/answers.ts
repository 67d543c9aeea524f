import { readGolden } from "../../support/golden.ts";
import { cancel, type FakeJob, shownState, stopWithSavepoint } from "./jobManagers.ts";
import { detailsOf, metricsOf, metricsOfTaskManagers, namesOf, slots } from "./load.ts";

/** Milliseconds between two checkpoints of a job, and from its start to the first. */
const checkpointEveryMs = 60_000;
const firstCheckpointMs = 1_000;
/** How many checkpoints Flink shows: its default is ten, the recording has less. */
const shownCheckpoints = 5;
/** Checkpoint ids are seconds since then: they increase from run to run of a job without being handed over. */
const idsSince = 1_790_000_000;

export interface FlinkRequest {
  readonly method: string;
  /** Path and query, with or without the version. */
  readonly url: string;
  readonly body: string;
}

export interface FlinkAnswer {
  /** What was asked for, as it is counted. */
  readonly what: string;
  readonly status: number;
  /** JSON. */
  readonly text: string;
}

type Json = Readonly<Record<string, unknown>>;

interface Recording {
  readonly name: string;
  readonly response: { readonly body: unknown };
}

/** Answers of a real Flink 1.20.5. */
const recorded = new Map(
  readGolden<readonly Recording[]>("flink/rest/1.20.5.json").map(({ name, response }) => [
    name,
    response.body,
  ]),
);

function recording<Body = Json>(name: string): Body {
  const body = recorded.get(name);
  if (body === undefined) throw new Error(`there is no recording ${name}`);
  return body as Body;
}

const recordedJob = recording<{ jobs: readonly [Json] }>("jobs-overview-running").jobs[0];
const recordedEnd = recording<{ jobs: readonly [Json] }>("jobs-overview-finished").jobs[0];
const checkpoints = recording<{ latest: { completed: Json }; counts: Json }>("job-checkpoints");
const afterStop = recording<{ latest: { savepoint: Json } }>("checkpoints-finished");
const afterRestore = recording<{ latest: { restored: Json } }>("checkpoints-restored");

const fixed = {
  config: JSON.stringify(recording("config")),
  taskManagers: JSON.stringify(recording("taskmanagers")),
  exceptions: JSON.stringify(recording("job-exceptions-none")),
  unknownJob: JSON.stringify(recording("job-checkpoints-unknown")),
  unknownTrigger: JSON.stringify(recording("savepoint-status-unknown-trigger")),
  inProgress: JSON.stringify(recording("stop-with-savepoint-status-inprogress")),
  unknownPath: JSON.stringify(recording("cluster-unknown-path")),
};

/** `acts`: whether a request that changes something does so. A hung JobManager takes it and does nothing. */
export function answerOf(job: FakeJob, request: FlinkRequest, now: number, acts = true): FlinkAnswer {
  const { pathname, searchParams: search } = new URL(request.url, "http://jobmanager");
  const wanted = search.get("get")?.split(",") ?? [];
  const [kind = "", id, part, trigger] = pathname
    .replace(/^\/v1(?=\/)/, "")
    .slice(1)
    .split("/");
  const ok = (what: string, text: string, status = 200): FlinkAnswer => ({ what, status, text });
  if (kind === "config") return ok("config", fixed.config);
  if (kind === "overview") return ok("overview", JSON.stringify(overview));
  const isList = !search.has("get");
  if (kind === "jobmanager") return ok("jobmanager/metrics", JSON.stringify(slots));
  if (kind === "taskmanagers" && id === "metrics")
    return ok("taskmanagers/metrics", JSON.stringify(metricsOfTaskManagers(wanted)));
  if (kind === "taskmanagers") return ok("taskmanagers", fixed.taskManagers);
  if (kind !== "jobs") return ok(`unknown: ${kind}`, fixed.unknownPath, 404);
  if (id === "overview") return ok("jobs", JSON.stringify({ jobs: [overviewOf(job, now)] }));
  if (id !== job.id) return ok("unknown job", fixed.unknownJob, 404);
  const what = `${request.method} ${part ?? "job"}`;
  if (part === undefined && request.method === "GET") return ok("job", JSON.stringify(detailsOf(job, now)));
  if (part === "vertices" && trigger !== undefined) {
    const answer = isList ? namesOf(trigger) : metricsOf(job, trigger, wanted, now);
    return ok(isList ? "names of metrics" : "metrics of a vertex", JSON.stringify(answer));
  }
  if (request.method === "PATCH") {
    if (acts) cancel(job, now);
    return ok("cancel", "{}", 202);
  }
  if (part === "stop") {
    const { triggerId = randomTrigger(now), targetDirectory } = JSON.parse(request.body) as Record<
      string,
      string
    >;
    if (acts) stopWithSavepoint(job, triggerId, targetDirectory ?? "file:/savepoints", now);
    return ok("stop", JSON.stringify({ "request-id": triggerId }), 202);
  }
  if (part === "savepoints") return { what, ...savepointStatus(job, trigger, now) };
  if (part === "checkpoints") return ok("checkpoints", JSON.stringify(checkpointsOf(job, now)));
  if (part === "exceptions") return ok("exceptions", fixed.exceptions);
  if (part === "execution-result") return ok("execution-result", JSON.stringify(resultOf(job, now)));
  if (part === "metrics") return ok("metrics", JSON.stringify([{ id: "numRestarts", value: "0" }]));
  return ok(`unknown: ${what}`, fixed.unknownPath, 404);
}

/** As recorded, with one running job. */
const overview = {
  taskmanagers: 1,
  "slots-total": 1,
  "slots-available": 0,
  "jobs-running": 1,
  "jobs-finished": 0,
  "jobs-cancelled": 0,
  "jobs-failed": 0,
  "flink-version": "1.20.5",
  "flink-commit": "0980485",
};

const randomTrigger = (now: number): string => now.toString(16).padStart(32, "0");

function overviewOf(job: FakeJob, now: number): Json {
  const state = shownState(job, now);
  const ended = state !== "RUNNING";
  return {
    ...(ended ? recordedEnd : recordedJob),
    jid: job.id,
    "start-time": job.startedAt,
    "end-time": ended ? job.endedAt : -1,
    duration: (ended ? job.endedAt : now) - job.startedAt,
    state,
    "last-modification": ended ? job.endedAt : job.startedAt,
  };
}

function savepointStatus(
  { savepoint }: FakeJob,
  trigger: string | undefined,
  now: number,
): Pick<FlinkAnswer, "status" | "text"> {
  if (savepoint === undefined || savepoint.triggerId !== trigger) {
    return { status: 404, text: fixed.unknownTrigger };
  }
  if (savepoint.doneAt > now) return { status: 200, text: fixed.inProgress };
  const done = { status: { id: "COMPLETED" }, operation: { location: savepoint.path } };
  return { status: 200, text: JSON.stringify(done) };
}

function resultOf(job: FakeJob, now: number): Json {
  const state = shownState(job, now);
  if (state === "RUNNING") return { status: { id: "IN_PROGRESS" } };
  return {
    status: { id: "COMPLETED" },
    "job-execution-result": {
      id: job.id,
      "application-status": state === "FINISHED" ? "SUCCEEDED" : "CANCELED",
      "accumulator-results": {},
      "net-runtime": job.endedAt - job.startedAt,
    },
  };
}

function checkpointsOf(job: FakeJob, now: number): Json {
  const until = shownState(job, now) === "RUNNING" ? now : job.endedAt;
  const taken = Math.max(0, Math.floor((until - job.startedAt - firstCheckpointMs) / checkpointEveryMs) + 1);
  const newestFirst = Array.from({ length: Math.min(taken, shownCheckpoints) }, (_, index) => {
    const at = job.startedAt + firstCheckpointMs + (taken - 1 - index) * checkpointEveryMs;
    const path = `file:/checkpoints/${job.id}/chk-${idAt(at)}`;
    return { ...entry(checkpoints.latest.completed, at, path), discarded: index > 0 };
  });
  const { savepoint } = job;
  const stop =
    savepoint === undefined || savepoint.doneAt > now
      ? undefined
      : entry(afterStop.latest.savepoint, savepoint.doneAt, savepoint.path);
  const completed = taken + (stop === undefined ? 0 : 1);
  return {
    ...checkpoints,
    counts: {
      ...checkpoints.counts,
      restored: job.restoredFrom === undefined ? 0 : 1,
      total: completed,
      completed,
      failed: 0,
    },
    latest: {
      completed: newestFirst[0] ?? null,
      savepoint: stop ?? null,
      failed: null,
      restored: restoredOf(job),
    },
    history: stop === undefined ? newestFirst : [stop, ...newestFirst],
  };
}

const idAt = (at: number): number => Math.floor(at / 1000) - idsSince;

const entry = (like: Json, at: number, path: string): Json => ({
  ...like,
  id: idAt(at),
  trigger_timestamp: at - 54,
  latest_ack_timestamp: at,
  external_path: path,
});

function restoredOf({ restoredFrom, startedAt }: FakeJob): Json | null {
  if (restoredFrom === undefined) return null;
  return {
    ...afterRestore.latest.restored,
    id: idAt(startedAt) - 1,
    restore_timestamp: startedAt,
    external_path: restoredFrom,
  };
}
