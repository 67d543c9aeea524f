import { expect, test } from "vitest";
import { resourceTypes } from "../../src/api/kubernetes.ts";
import { compareActCounts, countActs } from "./actCounts.ts";
import { checkInvariants } from "./oracles.ts";
import type { Scenario } from "./scenario.ts";
import { resource } from "./workloads/resource.ts";
import type { JournalEvent } from "./world/journal.ts";
import { namespace, World } from "./world/world.ts";

// Each promise is broken here once by hand: an oracle that cannot fail proves nothing.

const scenario: Scenario = {
  name: "by hand",
  steps: [{ name: "upgrade", replacesJob: true }],
  stateful: true,
  surviving: true,
  healthy: true,
};

const worldWith = (...happenings: JournalEvent[]): World => {
  const world = new World({ seed: 1 });
  for (const happening of happenings) world.journal.add(happening);
  return world;
};

const broken = (world: World, more: Partial<Scenario> = {}): string[] =>
  checkInvariants(world, { ...scenario, ...more }).map(({ promise }) => promise);

const jobStarted = (pod: string, count: number): JournalEvent => ({
  event: "job-started",
  cluster: "sample",
  pod,
  jobId: "1",
  program: "",
  recovered: false,
  restored: { count, from: "somewhere", by: "savepoint-path" },
});
const checkpoint: JournalEvent = {
  event: "checkpoint-completed",
  jobId: "1",
  id: 1,
  path: "chk-1",
  count: 100,
};
const suspended: JournalEvent = { event: "job-suspended", jobId: "1", pod: "a", count: 120 };

test("a job that starts from less than the newest snapshot", () => {
  const world = worldWith(jobStarted("a", 0), checkpoint, suspended, jobStarted("b", 50));
  expect(broken(world)).toEqual(["never from older state"]);
  expect(broken(world, { stateful: false })).toEqual([]);
  expect(broken(worldWith(jobStarted("a", 0), checkpoint, suspended, jobStarted("b", 100)))).toEqual([]);
});

test("two jobs at a time", () => {
  expect(broken(worldWith(jobStarted("a", 0), jobStarted("b", 0)))).toEqual(["one job at a time"]);
});

test("a job that is asked to stop under two trigger ids", () => {
  const stop = (triggerId: string): JournalEvent => ({
    event: "savepoint-requested",
    jobId: "1",
    triggerId,
    stop: true,
    repeated: false,
  });
  const failed: JournalEvent = { event: "savepoint-failed", jobId: "1", triggerId: "a" };
  expect(broken(worldWith(stop("a"), stop("b")))).toEqual(["each act once"]);
  expect(broken(worldWith(stop("a"), stop("a")))).toEqual([]);
  expect(broken(worldWith(stop("a"), failed, stop("b")))).toEqual([]);
});

test("a job touched before its successor was judged", () => {
  const step: JournalEvent = { event: "step", note: "upgrade" };
  const judged: JournalEvent = {
    event: "dry-run",
    actor: "operator#1",
    verb: "create",
    kind: "Deployment",
    name: "sample",
    outcome: "AlreadyExists",
  };
  const stop: JournalEvent = {
    event: "savepoint-requested",
    jobId: "1",
    triggerId: "2",
    stop: true,
    repeated: false,
  };
  expect(broken(worldWith(step, stop))).toEqual(["judged before touched"]);
  expect(broken(worldWith(step, judged, stop))).toEqual([]);
});

test("a snapshot that the operator deletes", () => {
  const deleted: JournalEvent = { event: "snapshot-deleted", path: "chk-1", by: "operator#1" };
  expect(broken(worldWith(deleted))).toEqual(["keeps snapshots"]);
});

test("a Warning or an error in a healthy run, however short", () => {
  const world = new World({ seed: 1 });
  const { flinkDeployment } = resourceTypes;
  const created = world.server.create("user", flinkDeployment, { metadata: { name: "sample", namespace } });
  world.server.setStatus("operator#1", flinkDeployment, created, { error: "problem" });
  world.server.setStatus("operator#1", flinkDeployment, created, {});
  world.server.create("operator#1", resourceTypes.event, {
    metadata: { name: "event", namespace },
    type: "Warning",
    reason: "Error",
    message: "problem",
  });
  expect(broken(world)).toEqual(["no Warning, no error when healthy", "no Warning, no error when healthy"]);
  expect(broken(world, { healthy: false })).toEqual([]);
});

test("a suspended resource that is said to run", () => {
  const world = new World({ seed: 1 });
  const { flinkDeployment } = resourceTypes;
  const created = world.server.create("user", flinkDeployment, { metadata: { name: "sample", namespace } });
  const status = { lifecycleState: "SUSPENDED", jobStatus: { state: "RUNNING" } };
  world.server.setStatus("operator#1", flinkDeployment, created, status);
  expect(broken(world)).toContain("suspended stands still");
});

test("a job that is said to run by what its predecessor's JobManager tells", () => {
  const { flinkDeployment } = resourceTypes;
  const runs = (...happenings: JournalEvent[]): string[] => {
    const world = new World({ seed: 1 });
    const created = world.server.create("user", flinkDeployment, { metadata: { name: "sample", namespace } });
    for (const happening of happenings) world.journal.add(happening);
    world.server.replaceStatus("operator#1", flinkDeployment, {
      ...created,
      status: { jobStatus: { state: "RUNNING" } },
    });
    return broken(world);
  };
  const launched: JournalEvent = {
    event: "kubernetes-write",
    actor: "operator#1",
    verb: "create",
    kind: "Deployment",
    name: "sample",
    outcome: "ok",
  };
  expect(runs(jobStarted("a", 0), suspended, launched)).toEqual(["says what runs"]);
  expect(runs(launched, jobStarted("a", 0))).toEqual([]);
});

test("a generation that is said to be acted on before it is", () => {
  const { flinkDeployment } = resourceTypes;
  const observes = (args: string[], more: object = {}): string[] => {
    const world = new World({ seed: 1 });
    const created = world.server.create(
      "user",
      flinkDeployment,
      resource("stateless", { highAvailability: false }),
    );
    const job = { ...(created.spec as { job: object }).job, args };
    const lastReconciledSpec = JSON.stringify({ spec: { ...(created.spec as object), job } });
    world.server.setStatus("operator#1", flinkDeployment, created, {
      observedGeneration: created.metadata.generation,
      reconciliationStatus: { state: "DEPLOYED", lastReconciledSpec },
      ...more,
    });
    return broken(world);
  };
  expect(observes(["old"])).toEqual(["says what runs"]);
  expect(observes(["--edition", "1"])).toEqual([]);
  const stopping = { jobStatus: { savepointInfo: { triggerType: "UPGRADE" } } };
  expect(observes(["old"], stopping)).toEqual([]);
});

test("an owner that never was", () => {
  const world = new World({ seed: 1 });
  const ghost = { apiVersion: "apps/v1", kind: "Deployment", name: "ghost", uid: "none" };
  world.server.create("operator#1", resourceTypes.configMap, {
    metadata: { name: "haunted", namespace, ownerReferences: [ghost] },
  });
  expect(broken(world)).toEqual(["owners exist"]);
});

test("an act that happens twice, and too many writes", () => {
  const faultFree = { restarts: 0, begun: false, goesOn: false, givenUp: 0, toldAgain: 0, end: 0 };
  const once = countActs(worldWith(jobStarted("a", 0)).journal);
  const twice = countActs(worldWith(jobStarted("a", 0), suspended, jobStarted("b", 120)).journal);
  expect(compareActCounts(once, twice, faultFree)).toMatchObject([{ promise: "each act once" }]);
  expect(compareActCounts(once, { ...once, writes: once.writes + 100 }, faultFree)).toMatchObject([
    { promise: "few writes" },
  ]);
  expect(compareActCounts(once, once, faultFree)).toEqual([]);
});
