import { expect, test } from "vitest";
import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { edit } from "../workloads/resource.ts";
import { deploy, healthy, isRunning, severalCheckpointsMs, upgrade } from "../workloads/steps.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import type { Call, Fault } from "../world/network.ts";
import { namespace } from "../world/world.ts";
import { BugScenario } from "./bugScenario.ts";

// Actions that happened twice, or for the wrong spec. Each name begins with the report of the bug.

/** Injects the fault into the nth call whose operation matches. */
const nth = (pattern: RegExp, n: number, fault: Fault) => {
  let matches = 0;
  return (call: Call): Fault | undefined =>
    pattern.test(call.operation) && ++matches === n ? fault : undefined;
};

test("spotify#1051: with caches that are seconds old, a job is stopped with one savepoint, and its successor is not touched", async () => {
  const scenario = new BugScenario({ watchLagMs: 5_000 });
  await scenario.play(deploy("savepoint"), upgrade);
  await scenario.world.clock.runFor(5 * 60_000);
  expect([scenario.stops, scenario.starts]).toEqual([1, 2]);
  scenario.expectInvariantsHold(healthy);
});

for (const fault of ["lost-reply", 503, "crash-after"] as const)
  test(`FLINK-38858: a launch whose outcome is unknown (${fault}) starts one job`, async () => {
    const scenario = new BugScenario({ faults: nth(/^create Deployment sample$/, 1, fault) });
    await scenario.play(deploy("savepoint"));
    await scenario.world.clock.runFor(60_000);
    expect(scenario.starts).toBe(1);
    scenario.expectInvariantsHold();
  });

test("FLINK-28228, FKO#283: an edit made between a launch and its record is not recorded as launched", async () => {
  let edited = false;
  const scenario = new BugScenario({
    faults: (call) => {
      if (edited || !/^create Deployment sample$/.test(call.operation) || scenario.starts === 0)
        return undefined;
      edited = true;
      scenario.world.clock.after(500, () => edit(scenario.world, { job: { args: ["--edition", "3"] } }));
      return "crash-after";
    },
  });
  await scenario.play(deploy("savepoint"), { ...upgrade, until: isRunning("--edition;3") });
  expect(edited).toBe(true);
  scenario.expectInvariantsHold();
});

test("FKO#239: a status that is refused as outdated is written again, and no action is repeated", async () => {
  let refused = 0;
  const scenario = new BugScenario({
    faults: ({ operation }) =>
      /^replace-status FlinkDeployment/.test(operation) && scenario.starts === 1 && refused++ < 8
        ? 409
        : undefined,
  });
  await scenario.play(deploy("savepoint"), upgrade);
  expect(refused).toBeGreaterThan(8);
  expect([scenario.stops, scenario.starts]).toEqual([1, 2]);
  scenario.expectInvariantsHold(healthy);
});

test("GCP#392: a savepoint that takes minutes is requested once", async () => {
  const scenario = new BugScenario();
  scenario.world.program = { ...unboundedProgram, savepointMs: 4 * 60_000 };
  await scenario.play(deploy("savepoint"), upgrade);
  expect([scenario.stops, scenario.starts]).toEqual([1, 2]);
  scenario.expectInvariantsHold(healthy);
});

test("FLINK-39970, FKO#1145: no new cluster is created before the old one is gone, however long that takes", async () => {
  const scenario = new BugScenario();
  const setFinalizers = (finalizers: string[] | null) => {
    for (const { metadata } of scenario.world.server.list(resourceTypes.pod, {
      namespace,
      labelSelector: "component=jobmanager",
    }))
      scenario.world.server.mergePatch("user", resourceTypes.pod, namespace, metadata.name, {
        metadata: { finalizers },
      });
  };
  await scenario.play(deploy("last-state"), {
    ...upgrade,
    act: (world) => {
      setFinalizers(["example.com/slow-node"]);
      upgrade.act?.(world);
    },
    until: () => scenario.error.includes("The old cluster is still there"),
    thenWaitMs: severalCheckpointsMs,
  });
  expect(scenario.starts).toBe(1);
  await scenario.play({ ...upgrade, name: "the pod is gone", act: () => setFinalizers(null) });
  expect(scenario.starts).toBe(2);
  scenario.expectInvariantsHold();
});
