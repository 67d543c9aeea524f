import { expect, test } from "vitest";
import { resourceTypes } from "../../src/api/kubernetes.ts";
import { checkInvariants, type RunFacts } from "./oracles.ts";
import { jobStarted, scenario, violated } from "./support/byHand.ts";
import type { JournalEvent } from "./world/journal.ts";
import type { RestCall } from "./world/network.ts";
import { namespace, World } from "./world/world.ts";

// The invariants with a bound of their own, each violated here once by hand: what is wrong in the fault-free run too is not
// found by a comparison with it.

const stepped = (world: World, name = "edit"): void => world.journal.add({ event: "step", note: name });

const { flinkDeployment, flinkStateSnapshot, event: eventType } = resourceTypes;

const createSample = (world: World) =>
  world.server.create("user", flinkDeployment, { metadata: { name: "sample", namespace } });

const recordEvent = (world: World, name: string, message: string, type = "Normal"): void => {
  const involvedObject = { kind: "FlinkDeployment", name: "sample", uid: "1" };
  const metadata = { name, namespace };
  world.server.create("operator#1", eventType, { metadata, involvedObject, type, reason: "Submit", message });
};

test("an Event that is recorded again under another name", () => {
  const recorded = (...messages: string[]): string[] => {
    const world = new World({ seed: 1 });
    stepped(world);
    for (const [number, message] of messages.entries()) recordEvent(world, `event-${number}`, message);
    return violated(world);
  };
  expect(recorded("Deployed at 2026-01-01T00:00:01Z", "Deployed at 2026-01-01T00:00:02Z")).toEqual([
    "events are not repeated",
  ]);
  expect(recorded("try 1 failed", "try 2 failed")).toEqual(["events are not repeated"]);
  expect(recorded("deployed", "stopped")).toEqual([]);
});

test("an Event whose count grows although nothing happens", () => {
  const counted = (count: number, ...turns: JournalEvent[]): string[] => {
    const world = new World({ seed: 1 });
    stepped(world);
    for (const turn of turns) world.journal.add(turn);
    recordEvent(world, "event", "the quota is exceeded", "Warning");
    for (let times = 2; times <= count; times++)
      world.server.mergePatch("operator#1", eventType, namespace, "event", { count: times });
    return violated(world, { healthy: false });
  };
  expect(counted(2)).toEqual([]);
  expect(counted(3)).toEqual(["events are not repeated"]);
  expect(counted(3, jobStarted("a", 0))).toEqual([]);
});

test("an Event that is written in the step after the one in which it happened", async () => {
  const written = async (happened: readonly string[], turns: number): Promise<string[]> => {
    const world = new World({ seed: 1 });
    stepped(world);
    for (let turn = 0; turn < turns; turn++) world.journal.add(jobStarted("a", turn));
    recordEvent(world, "event", "the quota is exceeded", "Warning");
    await world.clock.runFor(60_000);
    stepped(world, "next");
    for (const lastTimestamp of happened)
      world.server.mergePatch("operator#1", eventType, namespace, "event", { lastTimestamp });
    return violated(world, { healthy: false }).filter((invariant) => invariant === "events are not repeated");
  };
  const before = ["2026-01-01T00:00:10Z", "2026-01-01T00:00:20Z", "2026-01-01T00:00:30Z"];
  const after = ["2026-01-01T00:01:10Z", "2026-01-01T00:01:20Z", "2026-01-01T00:01:30Z"];
  // Each of them happened with a turn of the job, and only its write is late.
  expect(await written(before, 3)).toEqual([]);
  expect(await written(before, 0)).toEqual(["events are not repeated"]);
  expect(await written(after, 3)).toEqual(["events are not repeated"]);
});

test("a status that is written in a loop", async () => {
  const written = async (times: number, everyMs: number): Promise<string[]> => {
    const world = new World({ seed: 1 });
    stepped(world);
    const created = createSample(world);
    for (let number = 0; number < times; number++) {
      world.server.setStatus("operator#1", flinkDeployment, created, { observedGeneration: number + 100 });
      await world.clock.runFor(everyMs);
    }
    return violated(world);
  };
  expect(await written(22, 1_000)).toEqual(["bounded writes"]);
  expect(await written(20, 1_000)).toEqual([]);
  // Below the bound of the step, but at rest it is too often.
  expect(await written(12, 60_000)).toEqual([]);
  expect(await written(25, 40_000)).toEqual(["bounded writes"]);
});

test("an object that is applied in a loop, even if nothing changes", () => {
  const applied = (times: number): string[] => {
    const world = new World({ seed: 1 });
    stepped(world);
    for (let number = 0; number < times; number++)
      world.server.apply("operator#1", resourceTypes.configMap, { metadata: { name: "config", namespace } });
    return violated(world);
  };
  expect(applied(30)).toEqual([]);
  expect(applied(31)).toEqual(["bounded writes"]);
});

test("a refused write that is tried again without a pause", async () => {
  const tried = async (times: number, everyMs: number): Promise<string[]> => {
    const world = new World({ seed: 1 });
    world.server.creationRefused = () => "exceeded quota";
    const metadata = { name: "config", namespace };
    for (let number = 0; number < times; number++) {
      expect(() => world.server.create("operator#1", resourceTypes.configMap, { metadata })).toThrow(/quota/);
      await world.clock.runFor(everyMs);
    }
    return violated(world);
  };
  expect(await tried(3, 100)).toEqual(["bounded writes"]);
  expect(await tried(2, 100)).toEqual([]);
  expect(await tried(5, 5_000)).toEqual([]);
});

test("a resource that is reconciled in a loop", async () => {
  const reconciled = async (everyMs: number, forMs: number, converged = true): Promise<string[]> => {
    const world = new World({ seed: 1 });
    stepped(world);
    const from = world.clock.now();
    await world.clock.runFor(forMs);
    const passes = Array.from({ length: forMs / everyMs }, (_, number) => ({
      at: from + number * everyMs,
      kind: "FlinkDeployment",
      name: "sample",
    }));
    return violated(world, {}, { passes, converged });
  };
  const anHour = 3_600_000;
  expect(await reconciled(500, 60_000)).toEqual([]);
  expect(await reconciled(100, 60_000)).toEqual(["bounded reconciles"]);
  expect(await reconciled(15_000, anHour)).toEqual([]);
  expect(await reconciled(5_000, anHour)).toEqual(["bounded reconciles"]);
  expect(await reconciled(5_000, anHour, false)).toEqual([]);
  expect(await reconciled(4_000, anHour, false)).toEqual(["bounded reconciles", "bounded reconciles"]);
});

test("an edit that is acted on late", async () => {
  const acted = async (reportMs: number, actionMs: number, status: object = {}): Promise<string[]> => {
    const world = new World({ seed: 1 });
    stepped(world);
    const created = createSample(world);
    await world.clock.runFor(reportMs);
    world.server.setStatus("operator#1", flinkDeployment, created, status);
    await world.clock.runFor(actionMs - reportMs);
    world.server.create("operator#1", resourceTypes.configMap, { metadata: { name: "config", namespace } });
    await world.clock.runFor(20_000);
    return violated(world);
  };
  expect(await acted(18, 30)).toEqual([]);
  expect(await acted(500, 510)).toEqual(["acts at once"]);
  // A report that says nothing is no action.
  expect(await acted(18, 15_000)).toEqual(["acts at once"]);
  const message = "Waiting: a savepoint is being taken.";
  expect(await acted(18, 15_000, { conditions: [{ message }] })).toEqual([]);
});

test("a disposal that a fault meets, and that is begun late", async () => {
  const disposed = async (ms: number): Promise<string[]> => {
    const world = new World({ seed: 1 });
    world.server.create("user", flinkStateSnapshot, {
      metadata: { name: "one", namespace, finalizers: ["f"] },
    });
    stepped(world, "delete it");
    world.server.delete("user", flinkStateSnapshot, namespace, "one");
    await world.clock.runFor(ms);
    world.journal.add({ event: "fault", note: "404: disposeSavepoint file:/one" });
    await world.clock.runFor(20_000);
    return violated(world, { healthy: false }, { disturbance: "refusal" });
  };
  expect(await disposed(25)).toEqual([]);
  expect(await disposed(700)).toEqual(["acts at once"]);
});

test("periodic snapshots beside the grid, twice, late or not at all", async () => {
  const key = "kubernetes.operator.periodic.savepoint.interval";
  /** Snapshots under a schedule, by the seconds at which each is taken, and for which it is due. */
  const taken = async (
    schedule: string,
    snapshots: readonly { at: number; due: number; suffix?: string; afterCrash?: boolean }[],
    disturbance: RunFacts["disturbance"] = "none",
  ): Promise<string[]> => {
    const world = new World({ seed: 1 });
    const start = world.clock.now();
    const { server, clock } = world;
    const spec = { flinkConfiguration: { [key]: schedule } };
    const created = server.create("user", flinkDeployment, { metadata: { name: "sample", namespace }, spec });
    const status = { lifecycleState: "STABLE", jobStatus: { state: "RUNNING" }, observedGeneration: 1 };
    server.setStatus("operator#1", flinkDeployment, created, status);
    for (const { at, due, suffix = "", afterCrash = false } of snapshots) {
      await clock.runFor(start + at * 1_000 - clock.now());
      if (afterCrash)
        world.journal.add({ event: "jobmanager-stopped", cluster: "sample", pod: "a", how: "crashed" });
      const metadata = { name: `sample-savepoint-periodic-${start + due * 1_000}${suffix}`, namespace };
      server.create("operator#1", flinkStateSnapshot, { metadata });
    }
    await clock.runFor(start + 200_000 - clock.now());
    return checkInvariants(world, scenario, {
      disturbance,
      passes: [],
      converged: true,
      retained: {},
    }).flatMap(({ invariant, message }) =>
      invariant.startsWith("periodic") ? message.replace(/\S+Z/g, "T") : [],
    );
  };
  const onTime = (due: number) => ({ at: due, due });
  const [first, second, third] = [onTime(60), onTime(120), onTime(180)];
  expect(await taken("every minute", [first])).toEqual(['"every minute" is no schedule']);
  for (const schedule of ["60 s", "1 min", "0 * * * * ?", "0 0/1 * * * ?"]) {
    expect(await taken(schedule, [first, second, third])).toEqual([]);
    expect(await taken(schedule, [first, third])).toEqual(["T is skipped, although the job runs"]);
    expect(await taken(schedule, [first, second, { at: 121, due: 120, suffix: "-again" }, third])).toEqual([
      "T is taken twice",
    ]);
    expect(await taken(schedule, [first, { at: 121, due: 121 }, third])).toEqual([
      "T is not a due time",
      "T is skipped, although the job runs",
    ]);
  }
  // A JobManager that dies loses the savepoint that it takes.
  const again = { at: 121, due: 120, suffix: "-again", afterCrash: true };
  expect(await taken("60 s", [first, second, again, third])).toEqual([]);
  // No grid is kept where a pass takes longer than the period.
  expect(await taken("7", [first])).toEqual([]);
  const late = { at: 130, due: 120 };
  expect(await taken("60 s", [first, late, third])).toEqual(["what was due at T is taken at T"]);
  expect(await taken("60 s", [first, late, third], "delay")).toEqual([]);
  // What was due while the job did not run is not made up for.
  expect(await taken("60 s", [{ at: 180, due: 60 }, { at: 180, due: 120 }, third], "delay")).toEqual([
    "T is taken at T, when the next one is due already",
    "T is taken at T, when the next one is due already",
  ]);
});

test("a savepoint that is disposed of twice, and one that is left behind", () => {
  const disposed = (...paths: string[]): string[] => {
    const world = new World({ seed: 1 });
    const { network } = world;
    (network.restCalls as RestCall[]).push(
      ...paths.map((path, number) => ({
        write: number,
        rest: number,
        api: undefined,
        at: 0,
        actor: "operator#1",
        operation: `disposeSavepoint ${path}`,
        outcome: { value: "1" },
        journalLength: 0,
      })),
    );
    return violated(world);
  };
  expect(disposed("a", "b")).toEqual([]);
  expect(disposed("a", "a")).toEqual(["disposes once"]);

  const world = new World({ seed: 1 });
  const { server, storage } = world;
  const path = "file:/data/savepoints/savepoint-1";
  storage.keep({ path, kind: "savepoint" } as Parameters<typeof storage.keep>[0]);
  const finalizers = ["flinkstatesnapshots.flink.apache.org/finalizer"];
  const created = server.create("user", flinkStateSnapshot, {
    metadata: { name: "by-hand", namespace, finalizers },
    spec: { jobReference: { kind: "FlinkDeployment", name: "sample" }, savepoint: {} },
  });
  server.setStatus("operator#1", flinkStateSnapshot, created, { state: "COMPLETED", path });
  server.delete("user", flinkStateSnapshot, namespace, "by-hand");
  server.mergePatch("operator#1", flinkStateSnapshot, namespace, "by-hand", { metadata: { finalizers: [] } });
  expect(violated(world)).toEqual(["disposes once"]);
  storage.discard(path, "user");
  expect(violated(world)).toEqual([]);
});

test("entries for resources that are gone", () => {
  const retained = { poller: 1 };
  const world = new World({ seed: 1 });
  expect(violated(world, {}, { retained })).toEqual(["forgets what is gone"]);
  createSample(world);
  expect(violated(world, {}, { retained })).toEqual([]);
});
