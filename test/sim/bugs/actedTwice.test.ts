import { expect, test } from "vitest";
import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { edit } from "../workloads/resource.ts";
import { aWhile, deploy, healthy, isRunning, upgrade } from "../workloads/steps.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import type { Call, Fault } from "../world/network.ts";
import { namespace } from "../world/world.ts";
import { BugScenario } from "./bugScenario.ts";

// Acts that happened twice, or for the wrong spec. Each name begins with where the bug was told.

/** The nth call of this name meets the fault. */
const nth = (what: RegExp, at: number, fault: Fault) => {
  let seen = 0;
  return (call: Call): Fault | undefined => (what.test(call.what) && ++seen === at ? fault : undefined);
};

test("spotify#1051: with views that are seconds old, a job is stopped with one savepoint, and its successor is left in peace", async () => {
  const story = new BugScenario({ watchLagMs: 5_000 });
  await story.tell(deploy("savepoint"), upgrade);
  await story.world.clock.runFor(5 * 60_000);
  expect([story.stops, story.starts]).toEqual([1, 2]);
  story.expectPromisesKept(healthy);
});

for (const fault of ["lost-reply", 503, "crash-after"] as const)
  test(`FLINK-38858: a launch whose outcome is unknown (${fault}) starts one job`, async () => {
    const story = new BugScenario({ faults: nth(/^create Deployment sample$/, 1, fault) });
    await story.tell(deploy("savepoint"));
    await story.world.clock.runFor(60_000);
    expect(story.starts).toBe(1);
    story.expectPromisesKept();
  });

test("FLINK-28228, FKO#283: an edit made between a launch and its record is not taken for launched", async () => {
  let edited = false;
  const story = new BugScenario({
    faults: (call) => {
      if (edited || !/^create Deployment sample$/.test(call.what) || story.starts === 0) return undefined;
      edited = true;
      story.world.clock.after(500, () => edit(story.world, { job: { args: ["--edition", "3"] } }));
      return "crash-after";
    },
  });
  await story.tell(deploy("savepoint"), { ...upgrade, until: isRunning("--edition;3") });
  expect(edited).toBe(true);
  story.expectPromisesKept();
});

test("FKO#239: a status that is refused as outdated is written anew, and nothing is done again", async () => {
  let refused = 0;
  const story = new BugScenario({
    faults: ({ what }) =>
      /^replace-status FlinkDeployment/.test(what) && story.starts === 1 && refused++ < 8 ? 409 : undefined,
  });
  await story.tell(deploy("savepoint"), upgrade);
  expect(refused).toBeGreaterThan(8);
  expect([story.stops, story.starts]).toEqual([1, 2]);
  story.expectPromisesKept(healthy);
});

test("GCP#392: a savepoint that takes minutes is asked for once", async () => {
  const story = new BugScenario();
  story.world.program = { ...unboundedProgram, savepointMs: 4 * 60_000 };
  await story.tell(deploy("savepoint"), upgrade);
  expect([story.stops, story.starts]).toEqual([1, 2]);
  story.expectPromisesKept(healthy);
});

test("FLINK-39970, FKO#1145: no new cluster is created before the old one is gone, however long that takes", async () => {
  const story = new BugScenario();
  const hold = (finalizers: string[] | null) => {
    for (const { metadata } of story.world.server.list(resourceTypes.pod, {
      namespace,
      labelSelector: "component=jobmanager",
    }))
      story.world.server.mergePatch("user", resourceTypes.pod, namespace, metadata.name, {
        metadata: { finalizers },
      });
  };
  await story.tell(deploy("last-state"), {
    ...upgrade,
    act: (world) => {
      hold(["example.com/slow-node"]);
      upgrade.act?.(world);
    },
    until: () => story.error.includes("The old cluster is still there"),
    thenWaitMs: aWhile,
  });
  expect(story.starts).toBe(1);
  await story.tell({ ...upgrade, name: "the pod goes", act: () => hold(null) });
  expect(story.starts).toBe(2);
  story.expectPromisesKept();
});
