import { describe, expect, it } from "vitest";
import type {
  FlinkStateSnapshotSpec,
  FlinkStateSnapshotStatus,
} from "../../../api/v1beta1/flinkstatesnapshot.ts";
import { FORCE_DELETE_ANNOTATION, SNAPSHOT_FINALIZER } from "../../../api/v1beta1/names.ts";
import type { Facts, ReferredJob } from "../../flinkstatesnapshot/facts.ts";
import { planOfSnapshot } from "./plan.ts";

const now = Date.parse("2026-01-01T01:00:00Z");
const ago = (ms: number): string => new Date(now - ms).toISOString();
const path = "file:/savepoints/one";

const running: ReferredJob = {
  cluster: "ns/job",
  sessionCluster: undefined,
  endpoint: { host: "10.0.0.1", port: 8081 },
  hasJob: true,
  toRun: true,
  jobId: "a".repeat(32),
  state: "RUNNING",
  startedAt: undefined,
  canBeSnapshot: true,
  flinkVersion: "v2_3",
  savepointDirectory: "file:///savepoints",
  savepointFormat: "CANONICAL",
  checkpointType: "INCREMENTAL",
  newestSavepoint: "none",
};

interface Given {
  readonly spec?: Partial<FlinkStateSnapshotSpec>;
  readonly before?: Partial<FlinkStateSnapshotSpec>;
  readonly status?: FlinkStateSnapshotStatus;
  readonly job?: Partial<ReferredJob> | "missing";
  readonly facts?: Partial<Facts>;
  readonly annotations?: Record<string, string>;
}

const jobReference = { kind: "FlinkDeployment", name: "job" } as const;

const plan = ({ spec = { savepoint: {} }, before, status, job = {}, facts, annotations = {} }: Given) =>
  planOfSnapshot({
    resource: {
      metadata: {
        name: "one",
        namespace: "ns",
        uid: "uid-1",
        annotations,
        ...(status === undefined ? {} : { creationTimestamp: ago(1_000), finalizers: [SNAPSHOT_FINALIZER] }),
      },
      spec: { jobReference, ...spec },
      status,
    },
    ...(before === undefined ? {} : { specBefore: { jobReference, ...before } }),
    facts: {
      job: job === "missing" ? job : { ...running, ...job },
      operation: undefined,
      othersOpen: false,
      isClaimed: () => false,
      neededBy: () => undefined,
      disposer: undefined,
      ...facts,
    },
    progressCheckIntervalMs: 5_000,
    now,
  });

const completed: FlinkStateSnapshotStatus = { state: "COMPLETED", path, resultTimestamp: ago(60_000) };

describe("a new snapshot", () => {
  it("is a savepoint in the directory of its job, and its data goes with the resource", () => {
    expect(plan({})).toMatchObject({
      kind: "FlinkStateSnapshot",
      effect: "in place",
      disruptive: false,
      steps: [{ what: "take savepoint", of: "(CANONICAL) in file:///savepoints" }],
      onDeletion: "its savepoint is disposed of, unless a job may still be restored from it then",
      risks: ["the attempt fails: then it is tried again after 10 s, 20 s, 40 s, … until one succeeds"],
    });
  });

  it("has the format and the folder that it names, and stays where that is asked for", () => {
    const savepoint = { path: "s3://b/own", formatType: "NATIVE", disposeOnDelete: false } as const;
    expect(plan({ spec: { savepoint } })).toMatchObject({
      steps: [{ what: "take savepoint", of: "(NATIVE) in s3://b/own" }],
      onDeletion: "its savepoint stays",
    });
  });

  it("is a checkpoint, whose data Flink owns", () => {
    expect(plan({ spec: { checkpoint: {} } })).toMatchObject({
      steps: [{ what: "take checkpoint", of: "(INCREMENTAL)" }],
      onDeletion: "its checkpoint stays",
    });
  });

  it("that is there already asks Flink for nothing", () => {
    expect(plan({ spec: { savepoint: { alreadyExists: true, path } } })).toMatchObject({
      effect: "in place",
      steps: [],
      reason: `The savepoint ${path} is there already: Flink is not asked for one.`,
      onDeletion: `its savepoint ${path} is disposed of, unless a job may still be restored from it then`,
    });
  });

  it.each([
    ["there is no such job", { job: "missing" }, /there is no FlinkDeployment "job"/],
    ["it is of a session cluster", { job: { hasJob: false } }, /is a session cluster: name one of its/],
    ["its job is suspended", { job: { toRun: false } }, /its job is suspended or being deleted/],
    ["its job has ended", { job: { state: "FINISHED" } }, /its job is FINISHED/],
    ["there is no directory", { job: { savepointDirectory: undefined } }, /has no state.savepoints.dir/],
    [
      "the Flink is too old",
      { spec: { checkpoint: {} }, job: { flinkVersion: "v1_16" } },
      /needs Flink v1_17/,
    ],
    ["it is both", { spec: { checkpoint: {}, savepoint: {} } }, /set exactly one of them/],
  ] as const)("is refused where %s", (_, given, why) => {
    const { effect, refused, steps, onDeletion } = plan(given as Given);
    expect({ effect, steps, onDeletion }).toEqual({ effect: "refused", steps: [], onDeletion: undefined });
    expect(refused).toMatch(why);
  });

  it("that is refused waits for nothing", () => {
    const { refused, waitsFor } = plan({
      spec: { checkpoint: {}, savepoint: {} },
      job: { state: "RECONCILING" },
    });
    expect({ refused, waitsFor }).toMatchObject({
      refused: expect.stringMatching(/set exactly/),
      waitsFor: undefined,
    });
  });

  it.each([
    ["starts", { state: "RECONCILING" }, /^its job: its job is RECONCILING\. After five minutes/],
    ["has tasks that do not run yet", { canBeSnapshot: false }, /not all tasks of its job run/],
    ["has no JobManager that answers", { endpoint: undefined }, /its JobManager, which does not answer/],
  ] as const)("waits for a job that %s, and is then taken", (_, job, why) => {
    const { waitsFor, steps } = plan({ job: job as Partial<ReferredJob> });
    expect(waitsFor).toMatch(why);
    expect(steps).toMatchObject([{ what: "take savepoint" }]);
  });

  it("says how often it is tried, and that another one is in progress", () => {
    const spec = { savepoint: {}, backoffLimit: 1 };
    expect(plan({ spec, facts: { othersOpen: true } }).risks).toEqual([
      "the attempt fails: then it is tried again after 10 s, 1 more time",
      "another snapshot of the job is in progress: Flink may let this one wait for it, or refuse it",
    ]);
    expect(plan({ spec: { ...spec, backoffLimit: 0 } }).risks).toEqual([
      "the attempt fails: then the snapshot is FAILED",
    ]);
  });
});

describe("an edit", () => {
  it("between two attempts is carried out after the pause", () => {
    const status = {
      state: "TRIGGER_PENDING",
      failures: 2,
      resultTimestamp: ago(5_000),
      error: "{}",
    } as const;
    const given = { spec: { savepoint: { path: "s3://b" } }, before: { savepoint: {} }, status };
    expect(plan(given)).toMatchObject({
      effect: "in place",
      waitsFor: "15 s more, the pause after attempt 2",
      steps: [{ what: "take savepoint", of: "(CANONICAL) in s3://b" }],
    });
  });

  it.each([
    [2, "then the snapshot is FAILED"],
    [4, "then it is tried again after 40 s, 80 s, 2 more times"],
    [9, "then it is tried again after 40 s, 80 s, 160 s, … 7 more times"],
    [-1, "then it is tried again after 40 s, 80 s, 160 s, … until one succeeds"],
  ])("counts the attempts before it: of at most %i more", (backoffLimit, then) => {
    const status = { state: "TRIGGER_PENDING", failures: 2, resultTimestamp: ago(60_000) } as const;
    const given = { spec: { savepoint: {}, backoffLimit }, before: { savepoint: {} }, status };
    expect(plan(given).risks).toEqual([`the attempt fails: ${then}`]);
  });

  const inProgress = {
    state: "IN_PROGRESS",
    triggerId: "b".repeat(32),
    triggerTimestamp: ago(1_000),
  } as const;

  it("of a snapshot in progress does not read where it is, and how, any more", () => {
    const savepoint = { path: "s3://b", formatType: "NATIVE" } as const;
    const { effect, changes, steps } = plan({
      spec: { savepoint },
      before: { savepoint: {} },
      status: inProgress,
    });
    expect({ effect, steps }).toEqual({ effect: "nothing", steps: [] });
    expect(changes.map((each) => each.effect)).toEqual(["ignore", "ignore"]);
    const limited = { spec: { savepoint: {}, backoffLimit: 1 }, before: { savepoint: {} } };
    expect(plan({ ...limited, status: inProgress }).changes).toMatchObject([{ effect: "apply" }]);
  });

  it.each([
    ["a checkpoint", { checkpoint: {} }, { what: "take checkpoint" }],
    [
      "one of another job",
      { savepoint: {}, jobReference: { kind: "FlinkDeployment", name: "b" } },
      { what: "take savepoint" },
    ],
  ] as const)("makes a snapshot in progress %s: what was requested is lost", (_, spec, step) => {
    const { effect, steps, reason } = plan({ spec, before: { savepoint: {} }, status: inProgress });
    expect({ effect, steps }).toMatchObject({ effect: "in place", steps: [step] });
    expect(reason).toMatch(/is not waited for, its data stays, and another one is taken/);
  });

  it("of a snapshot in progress changes nothing of what was requested", () => {
    const status = { state: "IN_PROGRESS", triggerId: "b".repeat(32), triggerTimestamp: ago(1_000) } as const;
    expect(plan({ status, before: { savepoint: {} } })).toMatchObject({
      effect: "nothing",
      steps: [],
      reason: "The snapshot is in progress: what was requested of Flink stays as it is.",
    });
  });

  it("of a completed snapshot decides on its disposal alone", () => {
    const kept = { savepoint: { disposeOnDelete: false } };
    expect(plan({ spec: kept, before: { savepoint: {} }, status: completed })).toMatchObject({
      effect: "in place",
      steps: [],
      changes: [{ field: "spec.savepoint.disposeOnDelete", effect: "apply" }],
      onDeletion: `its savepoint ${path} stays`,
    });
    const moved = { savepoint: { path: "s3://b" } };
    const { effect, changes, reason } = plan({ spec: moved, before: { savepoint: {} }, status: completed });
    expect({ effect, changes }).toMatchObject({ effect: "nothing", changes: [{ effect: "ignore" }] });
    expect(reason).toMatch(/^The snapshot is COMPLETED: spec.savepoint.path is not read any more\./);
  });
});

describe("the deletion of a completed savepoint", () => {
  const onDeletion = (given: Given): string | undefined => plan({ ...given, status: completed }).onDeletion;

  it("disposes of it", () => {
    expect(onDeletion({})).toBe(
      `its savepoint ${path} is disposed of, unless a job may still be restored from it then`,
    );
  });

  it("waits while somebody needs it", () => {
    const needed = { facts: { neededBy: () => "the FlinkDeployment ns/job may be restored from it" } };
    expect(onDeletion(needed)).toMatch(/is not disposed of: it is still needed: the FlinkDeployment ns\/job/);
    expect(onDeletion({ ...needed, annotations: { [FORCE_DELETE_ANNOTATION]: "true" } })).toMatch(/stays$/);
  });

  it("waits for a JobManager", () => {
    expect(onDeletion({ job: "missing" })).toMatch(/whose JobManager does not answer/);
  });
});
