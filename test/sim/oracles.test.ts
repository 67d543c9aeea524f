import { expect, test } from "vitest";
import { resourceTypes } from "../../src/api/kubernetes.ts";
import { compareActionCounts, countActions } from "./actionCounts.ts";
import { jobStarted, violated, worldWith } from "./support/byHand.ts";
import { resource } from "./workloads/resource.ts";
import type { JournalEvent } from "./world/journal.ts";
import { namespace, World } from "./world/world.ts";

// Each invariant is violated here once by hand: an oracle that cannot fail proves nothing.

const checkpoint: JournalEvent = {
  event: "checkpoint-completed",
  jobId: "1",
  id: 1,
  path: "chk-1",
  count: 100,
};
const suspended: JournalEvent = { event: "job-suspended", jobId: "1", pod: "a", count: 120 };

test("a job that starts from state older than the newest snapshot", () => {
  const world = worldWith(jobStarted("a", 0), checkpoint, suspended, jobStarted("b", 50));
  expect(violated(world)).toEqual(["never restored from older state"]);
  expect(violated(world, { stateful: false })).toEqual([]);
  expect(violated(worldWith(jobStarted("a", 0), checkpoint, suspended, jobStarted("b", 100)))).toEqual([]);
});

test("two jobs at the same time", () => {
  expect(violated(worldWith(jobStarted("a", 0), jobStarted("b", 0)))).toEqual(["one job at a time"]);
});

test("a job that is stopped under two trigger ids", () => {
  const stop = (triggerId: string): JournalEvent => ({
    event: "savepoint-requested",
    jobId: "1",
    triggerId,
    stop: true,
    repeated: false,
  });
  const failed: JournalEvent = { event: "savepoint-failed", jobId: "1", triggerId: "a" };
  expect(violated(worldWith(stop("a"), stop("b")))).toEqual(["each action once"]);
  expect(violated(worldWith(stop("a"), stop("a")))).toEqual([]);
  expect(violated(worldWith(stop("a"), failed, stop("b")))).toEqual([]);
});

test("a job stopped before the dry run of its successor", () => {
  const step: JournalEvent = { event: "step", note: "upgrade" };
  const dryRun: JournalEvent = {
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
  expect(violated(worldWith(step, stop))).toEqual(["dry run before stop"]);
  expect(violated(worldWith(step, dryRun, stop))).toEqual([]);
});

test("a snapshot deleted by the operator", () => {
  const deleted: JournalEvent = { event: "snapshot-deleted", path: "chk-1", by: "operator#1" };
  expect(violated(worldWith(deleted))).toEqual(["keeps snapshots"]);
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
  expect(violated(world)).toEqual(["no Warning, no error when healthy", "no Warning, no error when healthy"]);
  expect(violated(world, { healthy: false })).toEqual([]);
});

test("a suspended resource that is reported as running", () => {
  const world = new World({ seed: 1 });
  const { flinkDeployment } = resourceTypes;
  const created = world.server.create("user", flinkDeployment, { metadata: { name: "sample", namespace } });
  const status = { lifecycleState: "SUSPENDED", jobStatus: { state: "RUNNING" } };
  world.server.setStatus("operator#1", flinkDeployment, created, status);
  expect(violated(world)).toContain("suspended not reported as running");
});

test("a job reported as running by its predecessor's JobManager", () => {
  const { flinkDeployment } = resourceTypes;
  const reported = (status: object, ...events: JournalEvent[]): string[] => {
    const world = new World({ seed: 1 });
    const created = world.server.create("user", flinkDeployment, { metadata: { name: "sample", namespace } });
    for (const event of events) world.journal.add(event);
    world.server.replaceStatus("operator#1", flinkDeployment, { ...created, status });
    return violated(world);
  };
  const jobStatus = { state: "RUNNING" };
  const runs = (...events: JournalEvent[]): string[] => reported({ jobStatus }, ...events);
  const launched: JournalEvent = {
    event: "kubernetes-write",
    actor: "operator#1",
    verb: "create",
    kind: "Deployment",
    name: "sample",
    outcome: "ok",
  };
  expect(runs(jobStarted("a", 0), suspended, launched)).toEqual(["status matches the job"]);
  expect(runs(launched, jobStarted("a", 0))).toEqual([]);
  // In the second cluster, after a warm upgrade.
  const runsWarm = (...events: JournalEvent[]): string[] =>
    reported({ jobStatus, clusterId: "sample-warm" }, jobStarted("a", 0), suspended, ...events);
  const launchedWarm = { ...launched, name: "sample-warm" };
  const startedWarm = { ...jobStarted("b", 120), cluster: "sample-warm" } as JournalEvent;
  expect(runsWarm(launchedWarm)).toEqual(["status matches the job"]);
  expect(runsWarm(startedWarm, { ...suspended, pod: "b" }, launchedWarm)).toEqual(["status matches the job"]);
  expect(runsWarm(launchedWarm, startedWarm)).toEqual([]);
  expect(runsWarm(launchedWarm, startedWarm, launched)).toEqual([]);
});

test("a generation reported as observed before it is acted on", () => {
  const { flinkDeployment } = resourceTypes;
  const observes = (args: string[], statusFields: object = {}): string[] => {
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
      ...statusFields,
    });
    return violated(world);
  };
  expect(observes(["old"])).toEqual(["status matches the job"]);
  expect(observes(["--edition", "1"])).toEqual([]);
  const stopping = { jobStatus: { savepointInfo: { triggerType: "UPGRADE" } } };
  expect(observes(["old"], stopping)).toEqual([]);
});

test("an owner that never existed", () => {
  const world = new World({ seed: 1 });
  const missing = { apiVersion: "apps/v1", kind: "Deployment", name: "missing", uid: "none" };
  world.server.create("operator#1", resourceTypes.configMap, {
    metadata: { name: "dependent", namespace, ownerReferences: [missing] },
  });
  expect(violated(world)).toEqual(["owners exist"]);
});

test("an action that happens twice, and too many writes", () => {
  const nothingAllowed = {
    restarts: 0,
    stopStarted: false,
    omittedStops: 0,
    continues: false,
    standbys: 0,
    abandonedSavepoints: 0,
    repeatedWrites: 0,
    at: 0,
  };
  const once = countActions(worldWith(jobStarted("a", 0)).journal);
  const twice = countActions(worldWith(jobStarted("a", 0), suspended, jobStarted("b", 120)).journal);
  expect(compareActionCounts(once, twice, nothingAllowed)).toMatchObject([{ invariant: "each action once" }]);
  expect(compareActionCounts(once, { ...once, writes: once.writes + 100 }, nothingAllowed)).toMatchObject([
    { invariant: "bounded writes" },
  ]);
  expect(compareActionCounts(once, once, nothingAllowed)).toEqual([]);
});
