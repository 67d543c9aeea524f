import { describe, expect, test } from "vitest";
import type { FlinkFacts, JobParallelism, OperationStatus } from "../../../api/flinkFacts.ts";
import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
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
  now?: number;
}

function pass(given: Given): Decision {
  const { spec = withParallelism(4), status = aStatus(deployed), parallelism, now = 2_000 } = given;
  const total = (parallelism?.vertices ?? []).reduce((sum, { running }) => sum + running, 0) || 3;
  const { jobs = [], ...flink } = flinkFacts("RUNNING");
  const triggerId = status.rescale?.triggerId ?? "";
  const operation = { kind: "checkpoint" as const, jobId: aJobId, triggerId };
  const answer = given.checkpoint && { at: 1, since: 1, status: given.checkpoint };
  return decideFlinkDeployment(
    anInput(
      aResource(spec, status),
      {
        flink: {
          ...flink,
          jobs: jobs.map((job) => ({ ...job, tasks: { total, running: total } })),
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
        configure: (each) => configure(each, given.settings ?? {}),
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
    expect(pass({ ...given, now: late + 299_000 }).status.rescale?.givenUpTime).toBe(late);
    const again = pass({ ...given, now: late + 300_000 }).status.rescale;
    expect(again).toMatchObject({ startTime: late + 300_000, after: `${worker}:4` });
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
