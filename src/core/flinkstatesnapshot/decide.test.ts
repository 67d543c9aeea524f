import { describe, expect, it } from "vitest";
import type { OperationFacts, OperationStatus } from "../../api/flinkFacts.ts";
import type {
  FlinkStateSnapshot,
  FlinkStateSnapshotSpec,
  FlinkStateSnapshotStatus,
} from "../../api/v1beta1/flinkstatesnapshot.ts";
import {
  DISPOSAL_CLUSTER_ANNOTATION,
  FORCE_DELETE_ANNOTATION,
  SESSION_LABEL,
  SNAPSHOT_FINALIZER,
} from "../../api/v1beta1/names.ts";
import { deriveAttemptId } from "../ids.ts";
import { decide, decideFailure, type Input } from "./decide.ts";
import type { Facts, ReferredJob } from "./facts.ts";

const jobId = "a".repeat(32);
const endpoint = { host: "10.0.0.1", port: 8081 };
const at = { cluster: "ns/job", endpoint };
const now = Date.parse("2026-01-01T01:00:00Z");
const ago = (ms: number) => new Date(now - ms).toISOString();
const path = "file:/savepoints/one";

const aJob = (more: Partial<ReferredJob> = {}): ReferredJob => ({
  cluster: "ns/job",
  sessionCluster: undefined,
  endpoint,
  hasJob: true,
  toRun: true,
  jobId,
  state: "RUNNING",
  startedAt: undefined,
  canBeSnapshot: true,
  flinkVersion: "v2_3",
  savepointDirectory: "file:///savepoints",
  savepointFormat: "CANONICAL",
  checkpointType: "FULL",
  newestSavepoint: "none",
  ...more,
});

const someFacts = (more: Partial<Facts> = {}): Facts => ({
  job: aJob(),
  operation: undefined,
  othersOpen: false,
  isClaimed: () => false,
  neededBy: () => undefined,
  disposer: undefined,
  ...more,
});

interface Given {
  readonly spec?: FlinkStateSnapshotSpec;
  readonly status?: FlinkStateSnapshotStatus;
  readonly facts?: Partial<Facts>;
  readonly metadata?: Partial<FlinkStateSnapshot["metadata"]>;
}

const savepoint = { jobReference: { kind: "FlinkDeployment", name: "job" }, savepoint: {} } as const;
const checkpoint = { jobReference: savepoint.jobReference, checkpoint: {} };

const input = ({ spec = savepoint, status, facts, metadata }: Given): Input => ({
  resource: {
    metadata: {
      name: "snapshot",
      namespace: "ns",
      uid: "uid-1",
      creationTimestamp: ago(10_000),
      finalizers: [SNAPSHOT_FINALIZER],
      labels: {
        "snapshot.type": spec.savepoint === undefined ? "CHECKPOINT" : "SAVEPOINT",
        "snapshot.trigger-type": "MANUAL",
        "snapshot.state": status?.state ?? "TRIGGER_PENDING",
        "job-reference.kind": "FlinkDeployment",
        "job-reference.name": "job",
      },
      ...metadata,
    },
    spec,
    status,
  },
  facts: someFacts(facts),
  progressCheckIntervalMs: 10_000,
  now,
});
const decided = (given: Given = {}) => decide(input(given));

const triggerId = deriveAttemptId("uid-1", jobId, 0);
const underWay = (age = 1_000): FlinkStateSnapshotStatus => ({
  state: "IN_PROGRESS",
  failures: 0,
  triggerId,
  triggerTimestamp: ago(age),
});
const answered = (
  status: OperationStatus,
  kind: "savepoint" | "checkpoint" = "savepoint",
  age = 0,
): OperationFacts => ({
  operation: { kind, jobId, triggerId },
  answer: { at: now - age, since: now - age, status },
});
const failed = (stackTrace: string): OperationStatus => ({
  state: "failed",
  failure: { className: "java.lang.Exception", stackTrace },
});

it("of a session job is labelled with its session cluster, and keeps that when the job is deleted", () => {
  const [action] = decide(input({ facts: { job: aJob({ sessionCluster: "session" }) } })).actions;
  expect(action).toMatchObject({ kind: "set-metadata", labels: { [SESSION_LABEL]: "session" } });
  const labelled = input({ status: { state: "ABANDONED" }, facts: { job: "missing" } });
  const labels = { ...labelled.resource.metadata.labels, [SESSION_LABEL]: "session" };
  const resource = { ...labelled.resource, metadata: { ...labelled.resource.metadata, labels } };
  expect(decide({ ...labelled, resource }).actions).toEqual([]);
});

describe("a new snapshot", () => {
  it("gets its labels and the finalizer first", () => {
    const { actions, requeueAfterMs } = decided({ metadata: { labels: {}, finalizers: [] } });
    expect(actions).toEqual([
      {
        kind: "set-metadata",
        finalizers: [SNAPSHOT_FINALIZER],
        labels: expect.objectContaining({ "snapshot.state": "TRIGGER_PENDING", "job-reference.name": "job" }),
      },
    ]);
    expect(requeueAfterMs).toBe(0);
  });

  it("writes its intent before the request", () => {
    const { actions, status } = decided();
    expect(actions).toEqual([]);
    expect(status).toMatchObject({ state: "IN_PROGRESS", triggerId, triggerTimestamp: ago(0) });
  });

  it("is triggered under the id of the intent, and followed", () => {
    const { actions, follow } = decided({
      status: underWay(),
      facts: { operation: answered({ state: "unknown" }) },
    });
    expect(actions).toEqual([
      {
        kind: "trigger-savepoint",
        at,
        jobId,
        triggerId,
        targetDirectory: "file:///savepoints",
        formatType: "CANONICAL",
      },
    ]);
    expect(follow).toEqual({ cluster: "ns/job", operation: { kind: "savepoint", jobId, triggerId } });
  });

  it("of a run that began after the intent belongs to that run: its time is updated before the trigger is sent", () => {
    const operation = answered({ state: "unknown" });
    const asked = (startedAt: number) =>
      decided({ status: underWay(), facts: { job: aJob({ startedAt }), operation } });
    expect(asked(now - 500)).toMatchObject({ actions: [], status: { triggerTimestamp: ago(0), triggerId } });
    // Flink's clock is ahead.
    expect(asked(now + 500).status.triggerTimestamp).toBe(ago(-500));
    expect(asked(now - 1_000).actions).toMatchObject([{ kind: "trigger-savepoint" }]);
    expect(decided({ facts: { job: aJob({ startedAt: now + 500 }) } }).status).toMatchObject({
      triggerTimestamp: ago(-500),
    });
  });

  it("of a checkpoint is triggered with the job's configured type", () => {
    const { actions } = decided({
      spec: checkpoint,
      status: underWay(),
      facts: {
        job: aJob({ checkpointType: "INCREMENTAL" }),
        operation: answered({ state: "unknown" }, "checkpoint"),
      },
    });
    expect(actions).toMatchObject([{ kind: "trigger-checkpoint", checkpointType: "INCREMENTAL" }]);
  });

  it("that exists already is complete, without a time", () => {
    const { status } = decided({ spec: { savepoint: { alreadyExists: true, path } } });
    expect(status).toEqual({ state: "COMPLETED", path, resultTimestamp: ago(0) });
  });

  it.each<[string, Partial<ReferredJob>, number]>([
    ["is coming back", { state: "RECONCILING", canBeSnapshot: false }, 10_000],
    ["has not all of its tasks", { canBeSnapshot: false }, 1_000],
  ])("waits for a job that %s", (_, job, requeueAfterMs) => {
    const decision = decided({ facts: { job: aJob(job) } });
    expect(decision).toMatchObject({ actions: [], events: [], requeueAfterMs });
    expect(decision.status.state ?? "TRIGGER_PENDING").toBe("TRIGGER_PENDING");
  });

  it.each<[string, Given]>([
    ["is suspended", { facts: { job: aJob({ toRun: false }) } }],
    ["has ended", { facts: { job: aJob({ state: "FINISHED" }) } }],
    [
      "does not come back",
      { facts: { job: aJob({ state: "RECONCILING" }) }, metadata: { creationTimestamp: ago(300_001) } },
    ],
    [
      "was suspended while it was taken, and took its JobManager along",
      {
        status: underWay(),
        facts: {
          job: aJob({ toRun: false, endpoint: undefined }),
          operation: answered({ state: "in-progress" }),
        },
      },
    ],
    ["was deleted meanwhile", { status: underWay(), facts: { job: "missing" } }],
  ])("is abandoned if its job %s", (_, given) => {
    const { status, events } = decided(given);
    expect(status.state).toBe("ABANDONED");
    expect(events).toMatchObject([{ type: "Warning", reason: "SnapshotAbandoned", component: "Snapshot" }]);
  });
});

describe("bad input", () => {
  const both = { ...savepoint, checkpoint: {} };

  it("is reported once, in the status and in one event", () => {
    const first = decided({ spec: both });
    expect(first.status.error).toContain("spec: has both savepoint and checkpoint");
    expect(first.events).toMatchObject([{ type: "Warning", reason: "ValidationError" }]);
    const again = decided({ spec: both, status: first.status });
    expect(again).toMatchObject({ status: first.status, events: [], requeueAfterMs: undefined });
  });

  it("is cleared once it is corrected", () => {
    const { status } = decided({ spec: both });
    expect(decided({ status }).status.error).toBeUndefined();
  });

  it("of an unknown job waits for that job", () => {
    const { status, actions } = decided({ facts: { job: "missing" } });
    expect(status.error).toContain("spec.jobReference.name: there is no FlinkDeployment");
    expect(actions).toEqual([]);
  });
});

describe("completion", () => {
  it("records the path and stops following the trigger", () => {
    const { status, follow } = decided({
      status: { ...underWay(), error: "of an earlier attempt" },
      facts: { operation: answered({ state: "completed", location: path }) },
    });
    expect(status).toEqual({ ...underWay(), state: "COMPLETED", path, resultTimestamp: ago(0) });
    expect(follow).toBeUndefined();
  });

  it("causes no more requests", () => {
    const status = { ...underWay(), state: "COMPLETED", path } as const;
    expect(decided({ status })).toEqual({
      actions: [],
      status,
      events: [],
      follow: undefined,
      requeueAfterMs: undefined,
    });
  });

  it("a failed attempt is followed by another after a pause, under another id", () => {
    const { status, events, requeueAfterMs } = decided({
      status: underWay(),
      facts: { operation: answered(failed("java.io.IOException: no space left\n\tat x")) },
    });
    expect(status).toMatchObject({ state: "TRIGGER_PENDING", failures: 1 });
    expect(status.triggerId).toBeUndefined();
    expect(status.error).toContain("no space left");
    expect(events).toMatchObject([{ reason: "SavepointError", component: "Snapshot" }]);
    expect(requeueAfterMs).toBe(10_000);
    expect(decided({ status }).requeueAfterMs).toBe(10_000);
    const later = { ...status, resultTimestamp: ago(10_000) };
    expect(decided({ status: later }).status.triggerId).toBe(deriveAttemptId("uid-1", jobId, 1));
  });

  it.each([
    [0, "FAILED"],
    [1, "TRIGGER_PENDING"],
    [-1, "TRIGGER_PENDING"],
  ])("with a backoffLimit of %i, one failure makes it %s", (backoffLimit, state) => {
    const { status } = decided({
      spec: { ...savepoint, backoffLimit },
      status: underWay(),
      facts: { operation: answered(failed("x")) },
    });
    expect(status.state).toBe(state);
  });

  it("a checkpoint whose path Flink does not report is complete anyway", () => {
    const of = (firstSaid: number, lastSaid: number) => {
      const operation = answered({ state: "completed", location: undefined }, "checkpoint", firstSaid);
      const answer = operation.answer && { ...operation.answer, at: now - lastSaid };
      return decided({
        spec: checkpoint,
        status: underWay(600_000),
        facts: { operation: { ...operation, answer } },
      });
    };
    expect(of(1_000, 0).status.state).toBe("IN_PROGRESS");
    // A request without an answer proves nothing.
    expect(of(60_000, 59_000).status.state).toBe("IN_PROGRESS");
    expect(of(300_000, 299_000).status.state).toBe("COMPLETED");
    expect(of(30_000, 0)).toMatchObject({
      status: { state: "COMPLETED", path: "" },
      events: [{ reason: "CheckpointError" }],
    });
  });
});

describe("an old intent that the JobManager does not know", () => {
  const old = (job: Partial<ReferredJob>, more: Partial<Facts> = {}) =>
    decided({
      status: underWay(60_000),
      facts: { job: aJob(job), operation: answered({ state: "unknown" }), ...more },
    });
  const since = { path, takenAt: now - 50_000 };

  it("was carried out if Flink lists a savepoint since then that belongs to no one else", () => {
    expect(old({ newestSavepoint: since }).status).toMatchObject({ state: "COMPLETED", path });
  });

  it.each<[string, Partial<ReferredJob>, Partial<Facts>]>([
    ["lists none", {}, {}],
    ["lists an older one", { newestSavepoint: { path, takenAt: now - 61_000 } }, {}],
    ["lists another's", { newestSavepoint: since }, { isClaimed: () => true }],
    ["may list that of another that is under way", { newestSavepoint: since }, { othersOpen: true }],
  ])("is carried out if Flink %s", (_, job, facts) => {
    expect(old(job, facts).actions).toMatchObject([{ kind: "trigger-savepoint", triggerId }]);
  });

  it("waits for Flink's list", () => {
    expect(old({ newestSavepoint: undefined }).actions).toEqual([]);
  });
});

describe("a trigger that the JobManager rejects", () => {
  const failing = (status: number, age: number) =>
    decideFailure(input({ status: underWay(age) }), {
      kind: "trigger-savepoint",
      status,
      message: "HTTP 400: no directory",
    });

  it("is a failed attempt, with the JobManager's message", () => {
    expect(failing(400, 1_000)?.status).toMatchObject({ state: "TRIGGER_PENDING", failures: 1 });
    expect(failing(400, 1_000)?.status.error).toContain("no directory");
  });

  it("may be transient", () => {
    expect(failing(0, 1_000)).toBeUndefined();
    expect(failing(503, 60_000)?.status.failures).toBe(1);
  });
});

describe("deletion", () => {
  const complete: FlinkStateSnapshotStatus = { state: "COMPLETED", path, triggerTimestamp: ago(60_000) };
  const deleting = ({ metadata, ...given }: Given = {}) =>
    decided({
      status: complete,
      ...given,
      metadata: { deletionTimestamp: ago(1_000), ...metadata },
    });
  const finalizerRemoved = [{ kind: "remove-finalizer" }];
  const disposal = (status?: OperationStatus, age = 0): OperationFacts => ({
    operation: { kind: "disposal", triggerId: "d", path },
    ...(status === undefined ? {} : { answer: { at: now - age, since: now - age, status } }),
  });

  it.each<[string, Given]>([
    ["was never triggered", { status: { state: "TRIGGER_PENDING" } }],
    ["failed", { status: { state: "FAILED" } }],
    ["was abandoned", { status: { state: "ABANDONED" } }],
    ["is a checkpoint", { spec: checkpoint }],
    ["keeps its data", { spec: { ...savepoint, savepoint: { disposeOnDelete: false } } }],
    ["is of no job", { spec: { savepoint: { alreadyExists: true, path } } }],
    [
      "was recorded and never requested",
      { status: underWay(), facts: { operation: answered({ state: "unknown" }) } },
    ],
    [
      "is forced",
      { metadata: { annotations: { [FORCE_DELETE_ANNOTATION]: "true" } }, facts: { neededBy: () => "x" } },
    ],
  ])("of one that %s removes the finalizer at once", (_, given) => {
    expect(deleting(given).actions).toEqual(finalizerRemoved);
  });

  it("awaits a snapshot in progress", () => {
    const { actions, follow } = deleting({
      status: underWay(),
      facts: { operation: answered({ state: "in-progress" }) },
    });
    expect(actions).toEqual([]);
    expect(follow).toBeDefined();
  });

  it("disposes of the data by the job's own JobManager, in any job state", () => {
    const { actions } = deleting({ facts: { job: aJob({ state: "FINISHED" }) } });
    expect(actions).toEqual([{ kind: "dispose", at, path }]);
  });

  it("or by the configured disposal cluster", () => {
    const other = { host: "10.0.0.2", port: 8081 };
    const { actions } = deleting({
      facts: { job: "missing", disposer: { name: "janitor", cluster: "ns/janitor", endpoint: other } },
    });
    expect(actions).toEqual([{ kind: "dispose", at: { cluster: "ns/janitor", endpoint: other }, path }]);
  });

  it("or waits for the next run of the job, and reports the alternatives", () => {
    const { actions, status, events, requeueAfterMs } = deleting({
      facts: { job: aJob({ endpoint: undefined }) },
    });
    expect(actions).toEqual([]);
    expect(status.error).toContain(DISPOSAL_CLUSTER_ANNOTATION);
    expect(status.error).toContain(FORCE_DELETE_ANNOTATION);
    expect(events).toMatchObject([{ type: "Warning", reason: "CleanupFailed", component: "Snapshot" }]);
    expect(requeueAfterMs).toBe(10_000);
    expect(deleting({ status, facts: { job: aJob({ endpoint: undefined }) } }).events).toEqual([]);
  });

  it("of data still needed waits, and reports who needs it", () => {
    const { actions, status } = deleting({ facts: { neededBy: () => "job x may start from it" } });
    expect(actions).toEqual([]);
    expect(status.error).toContain("it is still needed: job x may start from it");
  });

  it.each<[string, OperationStatus]>([
    ["once the data is deleted", { state: "completed", location: undefined }],
    [
      "where there is none (any more)",
      failed("FlinkException: Could not dispose\nCaused by: java.io.FileNotFoundException: x"),
    ],
  ])("removes the finalizer %s", (_, status) => {
    const { actions, events } = deleting({ facts: { operation: disposal(status) } });
    expect(actions).toEqual(finalizerRemoved);
    expect(events).toMatchObject([{ type: "Normal", reason: "Cleanup" }]);
  });

  it("sends one request, and follows that", () => {
    for (const status of [undefined, { state: "in-progress" } as const]) {
      const { actions, follow } = deleting({ facts: { operation: disposal(status) } });
      expect(actions).toEqual([]);
      expect(follow?.operation).toMatchObject({ kind: "disposal", triggerId: "d" });
    }
  });

  it("that fails is reported, and retried after a while", () => {
    const { actions, status, requeueAfterMs } = deleting({
      facts: { operation: disposal(failed("AccessDenied: not yours"), 20_000) },
    });
    expect(actions).toEqual([]);
    expect(status.error).toContain("AccessDenied: not yours");
    expect(requeueAfterMs).toBe(40_000);
    const later = deleting({ facts: { operation: disposal(failed("AccessDenied: not yours"), 60_000) } });
    expect(later.actions).toMatchObject([{ kind: "dispose" }]);
  });

  it("is requested again if a JobManager has forgotten it", () => {
    expect(deleting({ facts: { operation: disposal({ state: "unknown" }) } }).actions).toMatchObject([
      { kind: "dispose" },
    ]);
  });
});
