import { describe, expect, it } from "vitest";
import { decideFlinkDeployment } from "../flinkdeployment/decide.ts";
import { flinkDeploymentKind } from "../job/model/resourceKind.ts";
import {
  aConfiguration,
  aJobId,
  aResource,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  someFacts,
  withJobSpec,
} from "../job/situation.fixture.ts";
import { plannedActs } from "./acts.ts";
import { assume } from "./assumedFacts.ts";
import { explain } from "./explanation.ts";
import type { Pass, Start } from "./foresee.ts";
import { lastDowntimeMs, lastUpgradeMs } from "./lastUpgrade.ts";
import { type Plan, planOf } from "./plan.ts";
import { plannedRestore } from "./plannedRestore.ts";

const status = aStatus(aSpec, { job: { startTime: "500" } });
const checkpoints = checkpointFacts({ latestCompleted: aSnapshot(7) });

/** The running job, with an edit. */
const started = (spec: Start["resource"]["spec"], more: Partial<Start> = {}): Start => ({
  kind: flinkDeploymentKind,
  resource: aResource(spec, status),
  facts: someFacts({ flink: flinkFacts("RUNNING", checkpoints) }),
  now: 100_000,
  decide: (resource, facts, now) =>
    decideFlinkDeployment({ resource, facts, now, configure: aConfiguration({ snapshotResources: true }) }),
  highAvailability: true,
  specBefore: aSpec,
  ...more,
});

const names = ({ steps }: Plan): string[] => steps.map(({ what }) => what);
const image = { image: "flink:9" };

describe("a plan", () => {
  it("has nothing in it for a spec that is deployed", () => {
    const plan = planOf(started(aSpec));
    expect(plan).toMatchObject({ effect: "nothing", disruptive: false, steps: [], changes: [] });
  });

  it.each([
    ["savepoint", ["validate", "stop with savepoint", "create snapshot", "stop cluster", "create cluster"]],
    ["last-state", ["validate", "stop cluster", "create cluster"]],
    ["stateless", ["validate", "cancel", "stop cluster", "create cluster"]],
  ] as const)("foretells the acts of an upgrade by %s", (upgradeMode, expected) => {
    const plan = planOf(started(withJobSpec({ upgradeMode }, image)));
    expect(names(plan).filter((what) => expected.includes(what as never))).toEqual(expected);
    expect(plan).toMatchObject({ effect: "restart", disruptive: true });
    expect(plannedRestore(plan)).toBe(upgradeMode);
    expect(plan.changes.find(({ field }) => field === "spec.image")).toEqual({
      field: "spec.image",
      before: "flink:2.3",
      after: "flink:9",
      effect: "upgrade",
    });
  });

  it("changes the parallelism alone in place where the scheduler can, and stops nothing", () => {
    const decide: Start["decide"] = (resource, facts, now) =>
      decideFlinkDeployment({
        resource,
        facts,
        now,
        configure: (spec, deployed) =>
          aConfiguration({ notInPlace: undefined, defaultParallelism: spec.job?.parallelism ?? 1 })(
            spec,
            deployed,
          ),
      });
    const spec = withJobSpec({ parallelism: 4 });
    const plan = planOf(started(spec, { decide }));
    expect(plan).toMatchObject({ effect: "in place", disruptive: false });
    expect(names(plan)).toEqual(["take checkpoint", "scale in place"]);
    expect(planOf(started(spec))).toMatchObject({ effect: "restart", disruptive: true });
  });

  it("says that a suspended job is only stopped, and a resumed one only started", () => {
    expect(planOf(started(withJobSpec({ state: "suspended" })))).toMatchObject({
      effect: "stop",
      disruptive: true,
    });
    const suspended = aStatus(withJobSpec({ state: "suspended" }), {
      job: { state: "FINISHED", upgradeSavepointPath: "file:/savepoints/1" },
      lifecycleState: "SUSPENDED",
    });
    const facts = someFacts({ flink: flinkFacts("FINISHED"), haConfigMaps: [] });
    expect(planOf(started(aSpec, { resource: aResource(aSpec, suspended), facts }))).toMatchObject({
      effect: "start",
      disruptive: false,
      restore: { from: "file:/savepoints/1" },
    });
  });

  it("says that an edit of a suspended job takes effect when it is resumed", () => {
    const suspended = withJobSpec({ state: "suspended" });
    const resource = aResource(
      { ...suspended, ...image },
      aStatus(suspended, {
        job: { state: "FINISHED", upgradeSavepointPath: "file:/savepoints/1" },
        lifecycleState: "SUSPENDED",
      }),
    );
    const facts = someFacts({ flink: flinkFacts("FINISHED"), haConfigMaps: [] });
    expect(planOf(started(suspended, { resource, facts, specBefore: suspended }))).toMatchObject({
      effect: "when resumed",
      disruptive: false,
    });
  });

  it("says what refuses an edit, and that the job stays", () => {
    const error = { field: "spec.image", message: "must be an image" };
    const decide: Start["decide"] = (resource, facts, now) =>
      decideFlinkDeployment({
        resource,
        facts,
        now,
        configure: (spec, deployed) =>
          aConfiguration({}, spec === resource.spec ? error : undefined)(spec, deployed),
      });
    const plan = planOf(started({ ...aSpec, ...image }, { decide }));
    expect(plan).toMatchObject({ effect: "refused", refused: "spec.image: must be an image", steps: [] });
  });

  it("takes an error that is older than an edit without effect for no refusal", () => {
    const error = JSON.stringify({ type: "a.B", message: "the job failed" });
    const resource = aResource(
      { ...aSpec, flinkConfiguration: { "kubernetes.operator.x": "1" } },
      { ...status, error, jobManagerDeploymentStatus: "READY" },
    );
    const facts = someFacts({ flink: flinkFacts("RESTARTING", checkpoints) });
    const plan = planOf(started(aSpec, { resource, facts }));
    expect(plan).toMatchObject({ effect: "nothing" });
    expect(plan.refused).toBeUndefined();
  });

  it("names what is waited for", () => {
    const facts = someFacts({ flink: undefined });
    const plan = planOf(started({ ...aSpec, ...image }, { facts }));
    expect(plan).toMatchObject({
      effect: "waits",
      disruptive: true,
      steps: [],
      waitsFor: "Flink has not yet told how the job is",
    });
  });

  it("masks secrets", () => {
    const spec = { ...aSpec, flinkConfiguration: { "s3.secret-key": "hush" } };
    expect(JSON.stringify(planOf(started(spec)))).not.toContain("hush");
  });

  it("masks secrets in the paths that it names", () => {
    const spec = withJobSpec({ initialSavepointPath: "s3://AK:hush@b/sp", savepointRedeployNonce: 1 }, image);
    const plan = planOf(started(spec));
    expect(plan.restore?.from).toBe("s3://******@b/sp");
    expect(JSON.stringify(plan)).not.toContain("hush");
    const savepointDirectory = "s3://AK:hush@b/dir";
    const decide: Start["decide"] = (resource, facts, now) =>
      decideFlinkDeployment({ resource, facts, now, configure: aConfiguration({ savepointDirectory }) });
    const stopped = planOf(started(withJobSpec({ upgradeMode: "savepoint" }, image), { decide }));
    expect(stopped.steps).toContainEqual({
      what: "stop with savepoint",
      of: "s3://******@b/dir",
      stops: true,
    });
  });

  it("tells the age of the snapshot, and the duration of the last upgrade", () => {
    const facts = someFacts({
      flink: flinkFacts(
        "CANCELED",
        checkpointFacts({ latestCompleted: aSnapshot(7, { timestamp: 40_000 }) }),
      ),
      haConfigMaps: [],
    });
    const ended = aStatus(aSpec, {
      job: { state: "CANCELED", upgradeSavepointPath: "file:/checkpoints/chk-7" },
    });
    const plan = planOf(
      started({ ...aSpec, ...image }, { facts, resource: aResource({ ...aSpec, ...image }, ended) }),
    );
    expect(plan.restore).toEqual({ from: "file:/checkpoints/chk-7", ageMs: 60_000, refused: [] });
  });
});

it("the acts name a jar without what may be secret", () => {
  const submission = { jarURI: "https://user:hush@host/job.jar?key=hush#sha256=1" };
  const decision = {
    actions: [
      { kind: "fetch-jar", submission },
      { kind: "submit", submission },
    ],
    independent: { actions: [] },
  };
  const pass = { decision, facts: someFacts() } as unknown as Pass;
  expect(plannedActs([pass]).map(({ of }) => of)).toEqual([
    "https://******@host/job.jar?…#sha256=1",
    "https://******@host/job.jar?…#sha256=1",
  ]);
});

it("the duration of the last upgrade is from its decision to the tasks at work", () => {
  const upgraded = {
    act: "Upgrade" as const,
    time: "2026-01-01T00:00:00Z",
    launchedAt: "2026-01-01T00:00:05Z",
  };
  const stateSince = Date.parse("2026-01-01T00:00:20Z");
  expect(lastUpgradeMs({ decisions: [upgraded], run: { stateSince } })).toBe(20_000);
  expect(lastUpgradeMs({ decisions: [{ ...upgraded, act: "Launch" }], run: { stateSince } })).toBeUndefined();
  expect(lastUpgradeMs({ decisions: [upgraded], run: { stateSince: 1 } })).toBeUndefined();
  expect(lastUpgradeMs({})).toBeUndefined();
  const ended = { stoppedAt: "2026-01-01T00:00:10Z", runningAt: "2026-01-01T00:00:13Z" };
  expect(lastDowntimeMs({ decisions: [upgraded, { ...upgraded, ...ended }] })).toBe(3_000);
  expect(lastDowntimeMs({ decisions: [upgraded] })).toBeUndefined();
});

describe("an explanation", () => {
  it("says of each snapshot whether a restart would use it", () => {
    const { snapshots, restart } = explain(started(withJobSpec({ upgradeMode: "last-state" })));
    expect(snapshots.map(({ path, chosen }) => [path, chosen])).toEqual([
      ["file:/checkpoints/chk-7", false],
      [undefined, true],
    ]);
    expect(restart).toBe(
      "Restarted, it would be restored from the newest checkpoint that the HA metadata names.",
    );
  });

  it("masks secrets in paths, and in the words of Flink and of pods", () => {
    const latestCompleted = aSnapshot(7, { externalPath: "s3://AK:hush@b/chk-7" });
    const problem = { container: "c", reason: "CrashLoopBackOff", message: "password=hush", restartCount: 1 };
    const facts = someFacts({
      flink: flinkFacts("CANCELED", checkpointFacts({ latestCompleted })),
      haConfigMaps: [],
    });
    const ended = aStatus(aSpec, {
      job: { state: "CANCELED", upgradeSavepointPath: "s3://AK:hush@b/chk-7" },
    });
    const explanation = explain(
      started(aSpec, {
        resource: aResource(aSpec, ended),
        facts: { ...facts, jobManagerPods: facts.jobManagerPods.map((pod) => ({ ...pod, problem })) },
      }),
    );
    expect(explanation.snapshots).toContainEqual(
      expect.objectContaining({ path: "s3://******@b/chk-7", chosen: true }),
    );
    expect(JSON.stringify(explanation)).toContain("CrashLoopBackOff");
    expect(JSON.stringify(explanation)).not.toContain("hush");
  });

  it("has the stored state, and what follows from the facts of now", () => {
    const conditions = [{ type: "Ready", status: "False", reason: "Waiting", message: "as stored" }];
    const resource = aResource({ ...aSpec, ...image }, { ...status, conditions: conditions as never });
    const { state, message, next, facts } = explain(started(aSpec, { resource }));
    expect({ state, message }).toEqual({ state: "Waiting", message: "as stored" });
    expect(next).toEqual([{ what: "validate" }]);
    expect(facts).toContain("The spec has generation 2, and the operator has acted on 1.");
  });
});

it("without facts, a healthy cluster is assumed, as the status describes it", () => {
  const start = started(withJobSpec({ upgradeMode: "savepoint" }, image), {
    facts: someFacts({ flink: undefined }),
  });
  expect(plannedRestore(planOf(assume(start)))).toBe("savepoint");
  const missing = aResource(aSpec, aStatus(aSpec, { jobManagerDeploymentStatus: "MISSING" }));
  expect(assume({ ...start, resource: missing }).facts.jobManager).toBeUndefined();
  expect(assume(start).facts.haConfigMaps.map(({ name }) => name)).toEqual([`job-${aJobId}-config-map`]);
  expect(assume({ ...start, highAvailability: false }).facts.haConfigMaps).toEqual([]);
});
