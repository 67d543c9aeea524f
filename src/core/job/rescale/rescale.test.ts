import { describe, expect, test } from "vitest";
import type { FlinkFacts, JobParallelism, JobState, OperationStatus } from "../../../api/flinkFacts.ts";
import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { parseSchedule } from "../../../config/values/schedule.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { SpecConfiguration } from "../decide.ts";
import type { Decision } from "../model/decision.ts";
import type { JobManagerDeployment } from "../model/facts.ts";
import type { Settings } from "../model/settings.ts";
import {
  aConfiguration,
  aDeployment,
  aJobId,
  anInput,
  aResource,
  aStatus,
  checkpointFacts,
  flinkFacts,
  withJobSpec,
} from "../situation.fixture.ts";

const [worker, fixed] = ["w".repeat(32), "f".repeat(32)];
const withParallelism = (parallelism: number) => withJobSpec({ parallelism });
const deployed = withParallelism(2);

/** What Flink tells: the bounds of the worker, and the tasks that run. */
const told = (lower: number, upper: number, running = 2, max = 128): JobParallelism => ({
  jobId: aJobId,
  at: 1_000,
  requirements: {
    [worker]: { parallelism: { lowerBound: lower, upperBound: upper } },
    [fixed]: { parallelism: { lowerBound: 1, upperBound: 1 } },
  },
  vertices: [
    { id: worker, name: "worker", parallelism: running, maxParallelism: max, running },
    { id: fixed, name: "source", parallelism: 1, maxParallelism: 1, running: 1 },
  ],
});

/** The configuration that follows from a spec. */
const configure = (spec: FlinkDeploymentSpec, more: Partial<Settings>): SpecConfiguration =>
  aConfiguration({
    notInPlace: undefined,
    defaultParallelism: spec.job?.parallelism ?? 1,
    parallelismOverrides: () => {
      const text = String(spec.flinkConfiguration?.[overrides] ?? "");
      return new Map(text === "" ? [] : text.split(",").map((entry) => entry.split(":") as [string, string]));
    },
    ...more,
  })(spec, undefined);

const overrides = "pipeline.jobvertex-parallelism-overrides";
const withOverride = (value: string) => ({
  ...deployed,
  flinkConfiguration: { [overrides]: `${worker}:${value}` },
});

interface Given {
  spec?: FlinkDeploymentSpec;
  status?: FlinkDeploymentStatus;
  parallelism?: JobParallelism | undefined;
  checkpoint?: OperationStatus;
  flink?: Partial<FlinkFacts>;
  settings?: Partial<Settings>;
  jobManager?: Partial<JobManagerDeployment>;
  dropsRescale?: true;
  /** Differs from that of the vertices, which Flink caches. */
  tasks?: { total: number; running: number };
  state?: JobState;
  error?: SpecConfiguration["error"];
  now?: number;
}

function pass(given: Given): Decision {
  const { spec = withParallelism(4), status = aStatus(deployed), parallelism, now = 2_000 } = given;
  const total = (parallelism?.vertices ?? []).reduce((sum, { running }) => sum + running, 0) || 3;
  const { jobs = [], ...flink } = flinkFacts(given.state ?? "RUNNING");
  const triggerId = status.rescale?.triggerId ?? "";
  const operation = { kind: "checkpoint" as const, jobId: aJobId, triggerId };
  const answer = given.checkpoint && { at: 1, since: 1, status: given.checkpoint };
  return decideFlinkDeployment(
    anInput(
      aResource(spec, status),
      {
        flink: {
          ...flink,
          jobs: jobs.map((job) => ({ ...job, tasks: given.tasks ?? { total, running: total } })),
          ...checkpointFacts({}),
          ...(parallelism && { parallelism }),
          ...given.flink,
        },
        ...(given.jobManager && {
          jobManager: { ...aDeployment, ...given.jobManager },
          jobManagerPods: [],
        }),
        operations: { rescale: { operation, answer } },
        ...(given.dropsRescale && {
          requests: { unsent: new Set<string>(), cancelled: undefined, dropsRescale: true },
        }),
      },
      {
        now,
        configure: (each) => ({
          ...configure(each, given.settings ?? {}),
          error: each === spec ? given.error : undefined,
        }),
      },
    ),
  );
}
const kinds = ({ actions }: Decision) => actions.map(({ kind }) => kind);
const bounds = ({ actions }: Decision) =>
  actions.flatMap((action) => (action.kind === "rescale" ? [action.requirements[worker]?.parallelism] : []));
const recorded = ({ status }: Decision) =>
  readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec)?.spec.job?.parallelism;
/** The intent of a change to 4 in the status. */
const begun = pass({ parallelism: told(1, 2) }).status;

describe("a change of the parallelism alone", () => {
  test("asks Flink before anything is written", () => {
    const decision = pass({});
    expect(decision.actions).toEqual([]);
    expect(decision.poll?.want.parallelism).toBe(true);
    expect(decision.status.rescale).toBeUndefined();
  });

  test("has its intent in the status before anything is sent", () => {
    const decision = pass({ parallelism: told(1, 2) });
    expect(decision.actions).toEqual([]);
    expect(decision.status.rescale).toMatchObject({
      before: `${worker}:2`,
      after: `${worker}:4`,
      startTime: 2_000,
    });
    expect(decision.events.map(({ reason }) => reason)).toEqual(["SpecChanged"]);
    expect(recorded(decision)).toBe(2);
    expect(decision.status.lifecycleState).toBe("STABLE");
  });

  test("takes a checkpoint, then asks for exactly the new parallelism of a rise, so that the job runs on until all slots are there", () => {
    const given = { status: begun, parallelism: told(1, 2) };
    const first = pass({ ...given, checkpoint: { state: "unknown" } });
    expect(first.actions).toEqual([
      {
        kind: "trigger-checkpoint",
        jobId: aJobId,
        triggerId: begun.rescale?.triggerId,
        checkpointType: "CONFIGURED",
      },
    ]);
    expect(first.follow?.rescale).toMatchObject({ triggerId: begun.rescale?.triggerId });
    expect(kinds(pass({ ...given, checkpoint: { state: "in-progress" } }))).toEqual([]);
    const next = pass({ ...given, checkpoint: { state: "completed", location: undefined } });
    expect(bounds(next)).toEqual([{ lowerBound: 4, upperBound: 4 }]);
    expect(next.events).toMatchObject([{ reason: "Scaling", message: "In-place scaling triggered" }]);
    expect(recorded(next)).toBe(2);
  });

  test("sends nothing again while Flink has it noted", () => {
    const decision = pass({ status: begun, parallelism: told(4, 4) });
    expect(decision).toMatchObject({ actions: [], events: [] });
    expect(recorded(decision)).toBe(2);
  });

  test("relaxes the lower bound once the tasks run, and records the spec in the same reconcile", () => {
    const decision = pass({ status: begun, parallelism: told(4, 4, 4) });
    expect(bounds(decision)).toEqual([{ lowerBound: 1, upperBound: 4 }]);
    expect(recorded(decision)).toBe(4);
    expect(decision.status.rescale).toBeUndefined();
    expect(decision.status.observedGeneration).toBe(2);
    expect(pass({ status: begun, parallelism: told(1, 4, 4) }).actions).toEqual([]);
  });

  test("asks for a fall with a lower bound of 1 at once", () => {
    const spec = withParallelism(1);
    const status = pass({ spec, parallelism: told(1, 2) }).status;
    const decision = pass({
      spec,
      status,
      parallelism: told(1, 2),
      checkpoint: { state: "completed", location: undefined },
    });
    expect(bounds(decision)).toEqual([{ lowerBound: 1, upperBound: 1 }]);
  });

  test("counts from where it began if it is edited again or taken back", () => {
    const again = pass({ spec: withParallelism(3), status: begun, parallelism: told(4, 4) });
    expect(again.status.rescale).toMatchObject({ before: `${worker}:2`, after: `${worker}:3` });
    const back = pass({ spec: deployed, status: begun, parallelism: told(4, 4) });
    expect(back.status.rescale).toMatchObject({ before: `${worker}:2`, after: `${worker}:2` });
    const done = pass({ spec: deployed, status: back.status, parallelism: told(1, 2, 2) });
    expect(done.status.rescale).toBeUndefined();
  });

  test("follows overrides, and leaves a vertex that the program allows one task", () => {
    const { rescale } = pass({ spec: withOverride("7"), parallelism: told(1, 2) }).status;
    expect(rescale).toMatchObject({ before: `${worker}:2`, after: `${worker}:7` });
  });

  test("without an effect on any vertex is recorded at once", () => {
    const decision = pass({ spec: withOverride("2"), parallelism: told(1, 2) });
    expect(decision.actions).toEqual([]);
    expect(decision.status.rescale).toBeUndefined();
    expect(decision.status.observedGeneration).toBe(2);
  });

  test("waits while the JobManager is restarted, and goes on with what Flink has stored", () => {
    const decision = pass({
      status: begun,
      flink: { jobs: [], reachability: "failing" },
      parallelism: told(4, 4),
    });
    expect(decision.status.rescale).toEqual(begun.rescale);
    expect(kinds(decision)).toEqual([]);
  });

  test("becomes an upgrade from what is remembered where Flink, without high availability, began the job anew", () => {
    const newestSnapshot = {
      path: "file:/checkpoints/chk-3",
      kind: "checkpoint" as const,
      jobId: aJobId,
      checkpointId: 3,
      takenAt: -1,
    };
    const { actions, status } = pass({ status: { ...begun, newestSnapshot }, parallelism: told(1, 2) });
    expect(actions.map(({ kind }) => kind)).not.toContain("rescale");
    expect(status.decisions?.[0]).toMatchObject({ act: "Upgrade", restoresFrom: newestSnapshot.path });
    expect(JSON.stringify(status.decisions?.[0]?.facts)).toContain("the job began anew: checkpoint 3");
  });

  test("waits for a JobManager whose container is started again, but not for one that is gone", () => {
    const restarting: Given = {
      status: { ...begun, jobManagerDeploymentStatus: "DEPLOYED_NOT_READY" },
      parallelism: told(4, 4),
      jobManager: { availableReplicas: 0 },
      flink: { reachability: "failing", jobs: undefined, failingSince: 1_500, consecutiveFailures: 9 },
    };
    expect(pass(restarting).status.rescale).toEqual(begun.rescale);
    const late = pass({ ...restarting, now: 2_000 + 300_000 });
    expect(JSON.stringify(late.status.decisions?.[0]?.facts)).toContain("has not come back in time");
    expect(late.status.rescale).toBeUndefined();
    // Before anything was begun, the time is recorded from which it is waited for.
    const status = { ...aStatus(deployed), jobManagerDeploymentStatus: "DEPLOYED_NOT_READY" as const };
    const waiting = pass({ ...restarting, status, parallelism: undefined });
    expect(waiting.status.rescale).toEqual({ startTime: 2_000 });
    expect(kinds(waiting)).toEqual([]);
  });

  test("takes another checkpoint after a failed one, under another id, after a pause", () => {
    const failed: OperationStatus = { state: "failed", failure: { className: "a.B", stackTrace: "a.B: c" } };
    const given = { status: begun, parallelism: told(1, 2), checkpoint: failed };
    expect(pass(given).status.rescale?.triggerId).toBe(begun.rescale?.triggerId);
    const later = pass({ ...given, now: 8_000 }).status.rescale;
    expect(later?.triggerId).not.toBe(begun.rescale?.triggerId);
    expect(later?.startTime).toBe(2_000);
  });
});

describe("slots that do not come", () => {
  const late = 2_000 + 300_000;
  const givenUp = pass({ status: begun, parallelism: told(4, 4), now: late });

  test("are told of, and the job keeps the parallelism that it had", () => {
    expect(givenUp.status.rescale?.givenUpTime).toBe(late);
    expect(givenUp.status.error).toContain("have not come within 300 s");
    expect(givenUp.events).toMatchObject([{ type: "Warning", reason: "Scaling" }]);
    expect(recorded(givenUp)).toBe(2);
    const next = pass({ status: givenUp.status, parallelism: told(4, 4), now: late + 1 });
    expect(bounds(next)).toEqual([{ lowerBound: 1, upperBound: 2 }]);
  });

  test("are asked for again after a pause", () => {
    const given = { status: givenUp.status, parallelism: told(1, 2) };
    expect(pass({ ...given, now: late + 599_000 }).status.rescale?.givenUpTime).toBe(late);
    const again = pass({ ...given, now: late + 600_000 }).status.rescale;
    expect(again).toMatchObject({ startTime: late + 600_000, after: `${worker}:4` });
    expect(again?.givenUpTime).toBeUndefined();
  });
});

describe("the job is upgraded instead, and says why", () => {
  const unknownVertex = {
    ...told(1, 3),
    requirements: { [worker]: { parallelism: { lowerBound: 1, upperBound: 3 } } },
  };
  test.each<[string, Given]>([
    [
      "jobmanager.scheduler is not adaptive",
      { settings: { notInPlace: "jobmanager.scheduler is not adaptive" } },
    ],
    ["the scheduler of the job is not adaptive", { parallelism: { ...told(1, 2), requirements: undefined } }],
    ["can have a parallelism of 3 at most, and not 4", { parallelism: told(1, 2, 2, 3) }],
    ["no vertex has the parallelism 2 of the deployed spec", { parallelism: unknownVertex }],
    ["must be a whole number of 1 or more", { spec: withOverride("0"), parallelism: told(1, 2) }],
    ["must be a whole number of 1 or more", { spec: withOverride("1.5"), parallelism: told(1, 2) }],
    [
      `the override of vertex ${worker} is removed`,
      { spec: deployed, status: aStatus(withOverride("2")), parallelism: told(1, 2) },
    ],
    [
      "Flink does not tell its resource requirements",
      {
        now: 60_000,
        flink: {
          partFailures: {
            parallelism: { kind: "timeout", status: 0, message: "no answer", at: 50_000, since: 5_000 },
          },
        },
      },
    ],
    ["the CRD that is installed drops status.rescale", { dropsRescale: true, parallelism: told(1, 2) }],
    ["it could not be begun in time", { status: begun, parallelism: told(1, 2), now: 2_000 + 300_000 }],
  ])("%s", (why, given) => {
    const decision = pass(given);
    expect(kinds(decision)).toEqual(["dry-run"]);
    expect(decision.status.jobStatus?.savepointInfo?.triggerType).toBe("UPGRADE");
    expect(JSON.stringify(decision.status.decisions?.[0]?.facts)).toContain(why);
    expect(decision.events.find(({ reason }) => reason === "Scaling")?.message).toContain(why);
  });

  test("and nothing is asked of Flink for an edit of more than the parallelism", () => {
    const decision = pass({ spec: withJobSpec({ parallelism: 4, args: ["x"] }), parallelism: told(1, 2) });
    expect(kinds(decision)).toEqual(["dry-run"]);
    expect(decision.poll?.want.parallelism).toBeUndefined();
  });
});

describe("with approval of edits", () => {
  const settings = { approvalRequired: true };

  test("is not held while it goes in place, since it restarts nothing that needs approval", () => {
    expect(pass({ settings }).poll?.want.parallelism).toBe(true);
    const decision = pass({ settings, parallelism: told(1, 2) });
    expect(decision.status.rescale?.after).toBe(`${worker}:4`);
    expect(decision.status.pendingChange).toBeUndefined();
  });

  test("waits as soon as it needs a restart, and does not begin in place again", () => {
    const notAdaptive = { jobId: aJobId, at: 1_000, requirements: undefined, vertices: [] };
    const held = pass({ settings, parallelism: notAdaptive });
    expect(held.actions).toEqual([]);
    expect(held.status.pendingChange).toMatchObject({ waitsFor: "Approval" });
    const later = pass({ settings, status: held.status, parallelism: told(1, 2) });
    expect(later.status.pendingChange).toMatchObject({ waitsFor: "Approval" });
    expect(later.status.rescale).toBeUndefined();
  });

  test("given up for a restart that waits, goes back to the parallelism that the job had", () => {
    const late = (begun.rescale?.startTime ?? 0) + 60 * 60_000;
    const held = pass({ settings, status: begun, parallelism: told(1, 2), now: late });
    expect(held.status.pendingChange).toMatchObject({ waitsFor: "Approval" });
    expect(held.status.rescale?.after).toBe(`${worker}:2`);
    const back = pass({ settings, status: held.status, parallelism: told(1, 2), now: late });
    expect(back.actions).toEqual([]);
    expect(back.status.rescale).toBeUndefined();
  });
});

const complete: OperationStatus = { state: "completed", location: undefined };
const failedCheckpoint: OperationStatus = {
  state: "failed",
  failure: { className: "a.B", stackTrace: "a.B: c" },
};
const slots = (freeSlots: number): Partial<FlinkFacts> => ({
  taskManagers: { at: 1, list: [{ id: "t", slots: 4, freeSlots }] },
});
const readinessMs = 300_000;

describe("a job that has lost a task while it waits for slots", () => {
  const down = { status: begun, parallelism: told(4, 4), tasks: { total: 3, running: 2 } };

  test("starts again with what is there at once, and waits for the slots once it is at work", () => {
    expect(bounds(pass(down))).toEqual([{ lowerBound: 1, upperBound: 4 }]);
    expect(bounds(pass({ ...down, parallelism: told(1, 4) }))).toEqual([]);
    expect(bounds(pass({ status: begun, parallelism: told(1, 4) }))).toEqual([
      { lowerBound: 4, upperBound: 4 },
    ]);
  });

  test("is not asked for another parallelism before it is at work", () => {
    const decision = pass({ ...down, parallelism: told(1, 2), checkpoint: complete });
    expect(decision.actions).toEqual([]);
    expect(decision.follow?.rescale).toBeDefined();
  });
});

describe("the end of a change", () => {
  const two = (a: [number, number], b: [number, number], running: [number, number]): JobParallelism => ({
    jobId: aJobId,
    at: 1_000,
    requirements: {
      [worker]: { parallelism: { lowerBound: a[0], upperBound: a[1] } },
      [fixed]: { parallelism: { lowerBound: b[0], upperBound: b[1] } },
    },
    vertices: [
      { id: worker, name: "a", parallelism: running[0], maxParallelism: 128, running: running[0] },
      { id: fixed, name: "b", parallelism: running[1], maxParallelism: 128, running: running[1] },
    ],
  });
  const to = (a: number, b: number) => ({
    ...deployed,
    flinkConfiguration: { [overrides]: `${worker}:${a},${fixed}:${b}` },
  });

  test("is not taken from a sum that an earlier edit has led to", () => {
    const first = pass({ spec: to(4, 2), parallelism: two([1, 2], [1, 2], [2, 2]) }).status;
    const second = pass({ spec: to(3, 3), status: first, parallelism: two([4, 4], [1, 2], [4, 2]) }).status;
    expect(second.rescale?.after).toBe(`${worker}:3,${fixed}:3`);
    const given = { spec: to(3, 3), status: second };
    const noted = pass({ ...given, parallelism: two([1, 3], [3, 3], [4, 2]) });
    expect(noted.status.rescale).toBeDefined();
    const done = pass({ ...given, parallelism: two([1, 3], [1, 3], [3, 3]) });
    expect(done.status.rescale).toBeUndefined();
    expect(done.status.observedGeneration).toBe(2);
  });

  test("is not taken from tasks that happen to be so, before Flink has it noted", () => {
    const { actions, status } = pass({ status: begun, parallelism: told(1, 2, 4), checkpoint: complete });
    expect(actions.map(({ kind }) => kind)).toEqual(["rescale"]);
    expect(status.rescale).toBeDefined();
  });

  test("is not taken from stale vertices where the overview says otherwise", () => {
    const tasks = { total: 3, running: 3 };
    const { status } = pass({ status: begun, parallelism: told(4, 4, 4), tasks });
    expect(status.rescale).toBeDefined();
  });

  test("lowers each firm bound that a change before it has left", () => {
    const left = told(4, 4, 4);
    const requirements = { ...left.requirements, [fixed]: { parallelism: { lowerBound: 3, upperBound: 3 } } };
    const { actions } = pass({ status: begun, parallelism: { ...left, requirements } });
    expect(actions).toMatchObject([
      { requirements: { [fixed]: { parallelism: { lowerBound: 1, upperBound: 3 } } } },
    ]);
  });

  test("tells of overrides of vertices that the job does not have", () => {
    const spec = { ...deployed, flinkConfiguration: { [overrides]: "x:3" } };
    const { events, status } = pass({ spec, parallelism: told(1, 2) });
    expect(status.observedGeneration).toBe(2);
    expect(events.at(-1)?.message).toContain("the running job has no vertex with the id x");
  });

  test("counts a vertex as following that has the new parallelism already", () => {
    const decision = pass({ parallelism: told(1, 4, 4) });
    expect(decision.actions).toEqual([]);
    expect(recorded(decision)).toBe(4);
  });
});

describe("Flink that waits for a checkpoint although slots are free", () => {
  const later = 2_000 + 30_000;
  const given: Given = { status: begun, parallelism: told(4, 4), flink: slots(2) };

  test("gets another one after a while", () => {
    expect(pass({ ...given, now: later - 1 }).status.rescale).toEqual(begun.rescale);
    const { status } = pass({ ...given, now: later });
    expect(status.rescale?.triggerId).not.toBe(begun.rescale?.triggerId);
    const triggered = pass({ ...given, status, now: later, checkpoint: { state: "unknown" } });
    expect(kinds(triggered)).toEqual(["trigger-checkpoint"]);
    expect(pass({ ...given, flink: slots(1), now: later }).status.rescale).toEqual(begun.rescale);
  });

  test("is named where it is given up", () => {
    const { status } = pass({ ...given, now: 2_000 + readinessMs });
    expect(status.error).toContain("although slots are free");
    expect(status.error).toContain("rescale-trigger.max-delay");
  });
});

describe("a change that was given up", () => {
  const since = 2_000 + readinessMs;
  const { status } = pass({ status: begun, parallelism: told(4, 4), now: since });

  test("leaves the job to the other steps once it is undone", () => {
    const spec = withJobSpec({ parallelism: 4, savepointTriggerNonce: 7 });
    const decision = pass({ spec, status, parallelism: told(1, 2), now: since + 1 });
    expect(kinds(decision)).toEqual([]);
    expect(decision.status.rescale?.givenUpTime).toBe(since);
    expect(decision.status.jobStatus?.savepointInfo?.triggerType).not.toBe("UPGRADE");
    const settings = { periodic: { savepoint: parseSchedule("1 min"), checkpoint: undefined } };
    const periodic = pass({ status, parallelism: told(1, 2), now: since + 1, settings });
    expect(periodic.status.jobStatus?.savepointInfo?.triggerType).toBe("PERIODIC");
  });

  test("goes on being told of after a request that failed meanwhile", () => {
    const decision = pass({
      status: { ...status, error: undefined },
      parallelism: told(1, 2),
      now: since + 1,
    });
    expect(decision.status.error).toContain("have not come within");
  });

  test("becomes an upgrade if its JobManager does not come back", () => {
    const lost: Given = {
      status: { ...status, jobManagerDeploymentStatus: "DEPLOYED_NOT_READY" },
      jobManager: { availableReplicas: 0 },
      flink: { reachability: "failing", jobs: undefined, failingSince: 1_500, consecutiveFailures: 9 },
    };
    expect(pass({ ...lost, now: since + 600_000 }).status.rescale).toBeDefined();
    const late = pass({ ...lost, now: since + 660_000 });
    expect(JSON.stringify(late.status.decisions?.[0]?.facts)).toContain("has not come back in time");
  });
});

describe("a change under way whose edit becomes another one", () => {
  const error = { field: "spec.job", message: "is wrong" };

  test("is carried to its end while that one is refused, and goes on or back with the next one", () => {
    const spec = withJobSpec({ parallelism: 4, args: ["x"] });
    const refused = pass({ spec, error, status: begun, parallelism: told(1, 2), checkpoint: complete });
    expect(bounds(refused)).toEqual([{ lowerBound: 4, upperBound: 4 }]);
    const there = pass({ spec, error, status: refused.status, parallelism: told(4, 4, 4) });
    expect(bounds(there)).toEqual([{ lowerBound: 1, upperBound: 4 }]);
    expect(there.status.rescale?.after).toBe(`${worker}:4`);
    expect(recorded(there)).toBe(2);
    const rest = pass({ spec, error, status: there.status, parallelism: told(1, 4, 4) });
    expect(rest).toMatchObject({ actions: [], status: { rescale: begun.rescale } });
    expect(rest.status.error).toContain("is wrong");
    const back = pass({ spec: deployed, status: rest.status, parallelism: told(1, 4, 4) });
    expect(back.status.rescale?.after).toBe(`${worker}:2`);
    const on = pass({ status: rest.status, parallelism: told(1, 4, 4) });
    expect(on.status.rescale).toBeUndefined();
    expect(recorded(on)).toBe(4);
  });

  test("is carried to its end while that one waits for approval", () => {
    const spec = withJobSpec({ parallelism: 4, args: ["x"] });
    const settings = { approvalRequired: true };
    const held = pass({ spec, settings, status: begun, parallelism: told(4, 4) });
    expect(held.status.pendingChange).toMatchObject({ waitsFor: "Approval" });
    expect(held.status.rescale?.after).toBe(`${worker}:4`);
    expect(held.actions).toEqual([]);
  });
});

describe("a change that is taken back", () => {
  const back = pass({ spec: deployed, status: begun, parallelism: told(4, 4, 4) }).status;

  test("is undone also where changes in place are switched off meanwhile, and then forgotten", () => {
    const given = { spec: deployed, settings: { notInPlace: "it is switched off" } };
    const first = pass({ ...given, status: begun, parallelism: told(4, 4, 4) }).status;
    expect(first.rescale?.after).toBe(`${worker}:2`);
    const put = pass({ ...given, status: first, parallelism: told(4, 4, 4), checkpoint: complete });
    expect(bounds(put)).toEqual([{ lowerBound: 1, upperBound: 2 }]);
    expect(pass({ ...given, status: first, parallelism: told(1, 2, 4) }).status.rescale).toBeUndefined();
    expect(pass({ ...given, status: first }).poll?.want.parallelism).toBe(true);
  });

  test("is forgotten where nothing was asked for", () => {
    const status = { ...aStatus(deployed), rescale: { startTime: 1_000 } };
    const decision = pass({ spec: deployed, status });
    expect(decision.status.rescale).toBeUndefined();
    expect(decision.events).toEqual([]);
  });

  test("is told of once where no checkpoint can be taken for long, and tried again less often", () => {
    const given = { spec: deployed, parallelism: told(4, 4, 4), checkpoint: failedCheckpoint };
    const later = pass({ ...given, status: back, now: 8_000 });
    expect(later.status.rescale?.triggerId).not.toBe(back.rescale?.triggerId);
    expect(later.status.error).toBeUndefined();
    const late = 2_000 + readinessMs;
    const status = { ...back, rescale: { ...back.rescale, triggerTimestamp: late - 10_000 } };
    const told1 = pass({ ...given, status, now: late });
    expect(told1.status.error).toContain("cannot be changed back, since no checkpoint can be taken");
    expect(told1.status.rescale?.triggerId).toBe(back.rescale?.triggerId);
    expect(pass({ ...given, status: told1.status, now: late + 1 }).events).toEqual([]);
    const again = pass({ ...given, status: told1.status, now: late + 600_000 });
    expect(again.status.rescale?.triggerId).not.toBe(back.rescale?.triggerId);
    expect(again.status.error).toContain("cannot be changed back");
  });
});

describe("a savepoint of somebody else", () => {
  const { checkpoints } = checkpointFacts({});
  const savepointSince = 1_500;
  const flink = {
    checkpoints: checkpoints && {
      ...checkpoints,
      statistics: checkpoints.statistics && { ...checkpoints.statistics, savepointSince },
    },
  };

  test("is awaited before the intent and before the request", () => {
    const before = pass({ parallelism: told(1, 2), flink });
    expect(before.status.rescale).toBeUndefined();
    expect(kinds(before)).toEqual([]);
    const request = pass({ status: begun, parallelism: told(1, 2), flink, checkpoint: complete });
    expect(kinds(request)).toEqual([]);
    expect(request.follow?.rescale).toBeDefined();
  });
});

describe("what may pass by itself", () => {
  test("is waited for, before the change becomes an upgrade", () => {
    const restarting: Given = {
      state: "RESTARTING",
      parallelism: told(1, 2),
      tasks: { total: 3, running: 0 },
    };
    const first = pass(restarting);
    expect(first.status.rescale).toEqual({ startTime: 2_000 });
    expect(kinds(first)).toEqual([]);
    expect(
      pass({ ...restarting, settings: { approvalRequired: true } }).status.pendingChange,
    ).toBeUndefined();
    const runs = pass({ status: first.status, parallelism: told(1, 2), now: 3_000 });
    expect(runs.status.rescale?.after).toBe(`${worker}:4`);
    const late = pass({ ...restarting, status: first.status, now: 62_000 });
    expect(JSON.stringify(late.status.decisions?.[0]?.facts)).toContain("the job does not run");
  });
});

test("an edit while the job is being stopped with a savepoint waits for its approval", () => {
  const settings = { approvalRequired: true };
  const savepointInfo = {
    triggerId: "t".repeat(32),
    triggerTimestamp: 1_000,
    triggerType: "UPGRADE" as const,
  };
  const status = aStatus(deployed, { job: { savepointInfo } });
  expect(pass({ settings, status, parallelism: told(1, 2) }).status.pendingChange).toMatchObject({
    waitsFor: "Approval",
  });
});
