import { expect, test } from "vitest";
import { edit } from "../workloads/resource.ts";
import {
  deployWith,
  isRunning,
  resume,
  severalCheckpointsMs,
  suspend,
  upgrade,
  withoutHa,
} from "../workloads/steps.ts";
import { BugScenario } from "./bugScenario.ts";

// Snapshots that were lost, leaked or taken twice. Each name begins with the report of the bug.

const resources = {
  "kubernetes.operator.periodic.savepoint.interval": "1 min",
  "kubernetes.operator.savepoint.history.max.count": "1",
  "kubernetes.operator.savepoint.dispose-on-delete": "true",
};
const legacy = { ...resources, "kubernetes.operator.snapshot.resource.enabled": "false" };
const noPeriods = { flinkConfiguration: { "kubernetes.operator.periodic.savepoint.interval": "0" } };

const savepoints = ({ world }: BugScenario): string[] =>
  world.storage.snapshots.filter(({ kind }) => kind === "savepoint").map(({ path }) => path);

const savepointsTaken = (scenario: BugScenario, count: number) => ({
  name: `${count} savepoints`,
  until: () => scenario.world.journal.of("savepoint-completed").length >= count,
});

for (const [kind, configuration] of [
  ["resources", resources],
  ["the status", legacy],
] as const)
  test(`FLINK-38033, FKO#987: the savepoint of an upgrade outlives a clean-up that disposes (${kind})`, async () => {
    const scenario = new BugScenario();
    await scenario.play(
      deployWith(configuration, "savepoint", withoutHa),
      savepointsTaken(scenario, 2),
      { ...upgrade, thenWaitMs: 5 * 60_000 },
      { ...suspend, thenWaitMs: 30 * 60_000 },
      { ...resume, until: isRunning("--edition;2") },
    );
    expect(savepoints(scenario).length).toBeGreaterThan(0);
    scenario.expectInvariantsHold();
  });

test("FLINK-39439, FKO#1089: a savepoint stays in the status until its data is deleted, however often the deletion fails", async () => {
  let refusals = 0;
  const scenario = new BugScenario({
    faults: ({ operation }) => (operation.startsWith("disposeSavepoint") && refusals++ < 6 ? 503 : undefined),
  });
  await scenario.play(deployWith(legacy, "last-state"), savepointsTaken(scenario, 4), {
    name: "switch periodic savepoints off",
    act: (world) => edit(world, noPeriods),
    until: (view) => view.status?.jobStatus?.savepointInfo?.savepointHistory?.length === 1,
    thenWaitMs: severalCheckpointsMs,
  });
  const [remaining] = scenario.view.status?.jobStatus?.savepointInfo?.savepointHistory ?? [];
  expect(savepoints(scenario)).toEqual([remaining?.location]);
  expect(refusals).toBeGreaterThan(6);
  scenario.expectInvariantsHold();
});

test("FLINK-35493, FKO#860: periodic FlinkStateSnapshots are bounded too, and their data", async () => {
  const scenario = new BugScenario();
  await scenario.play(deployWith(resources, "last-state"), savepointsTaken(scenario, 6), {
    name: "switch periodic savepoints off",
    act: (world) => edit(world, noPeriods),
    until: (view) => view.snapshots.length === 1,
    thenWaitMs: severalCheckpointsMs,
  });
  expect(savepoints(scenario)).toHaveLength(1);
  scenario.expectInvariantsHold();
});

test("FLINK-40384, FKO#1185: a snapshot in progress is not part of the history", async () => {
  const scenario = new BugScenario();
  scenario.world.program = { ...scenario.world.program, savepointMs: 90_000 };
  await scenario.play(deployWith(resources, "last-state"), savepointsTaken(scenario, 3), {
    name: "switch periodic savepoints off",
    act: (world) => edit(world, noPeriods),
    thenWaitMs: 5 * 60_000,
  });
  expect(scenario.warnings).toEqual([]);
  expect(scenario.view.snapshots.map(({ status }) => status?.state)).toEqual(["COMPLETED"]);
  scenario.expectInvariantsHold();
});

test("FLINK-31795, FKO#565: the clean-up can be switched off", async () => {
  const scenario = new BugScenario();
  const withoutCleanup = { ...resources, "kubernetes.operator.savepoint.cleanup.enabled": "false" };
  await scenario.play(deployWith(withoutCleanup, "last-state"), savepointsTaken(scenario, 4), {
    name: "switch periodic savepoints off",
    act: (world) => edit(world, noPeriods),
    thenWaitMs: 5 * 60_000,
  });
  expect(savepoints(scenario).length).toBeGreaterThanOrEqual(4);
  expect(scenario.view.snapshots.length).toBe(savepoints(scenario).length);
});
