import { expect, test } from "vitest";
import { edit } from "../workloads/resource.ts";
import {
  aWhile,
  deployWith,
  isRunning,
  resume,
  suspend,
  upgrade,
  withoutAvailability,
} from "../workloads/steps.ts";
import { BugScenario } from "./bugScenario.ts";

// Snapshots that were lost, leaked or taken twice. Each name begins with where the bug was told.

const resources = {
  "kubernetes.operator.periodic.savepoint.interval": "1 min",
  "kubernetes.operator.savepoint.history.max.count": "1",
  "kubernetes.operator.savepoint.dispose-on-delete": "true",
};
const legacy = { ...resources, "kubernetes.operator.snapshot.resource.enabled": "false" };
const noPeriods = { flinkConfiguration: { "kubernetes.operator.periodic.savepoint.interval": "0" } };

const savepoints = ({ world }: BugScenario): string[] =>
  world.storage.snapshots.filter(({ kind }) => kind === "savepoint").map(({ path }) => path);

const taken = (story: BugScenario, count: number) => ({
  name: `${count} savepoints`,
  until: () => story.world.journal.of("savepoint-completed").length >= count,
});

for (const [kind, configuration] of [
  ["resources", resources],
  ["the status", legacy],
] as const)
  test(`FLINK-38033, FKO#987: the savepoint of an upgrade outlives a clean-up that disposes (${kind})`, async () => {
    const story = new BugScenario();
    await story.tell(
      deployWith(configuration, "savepoint", withoutAvailability),
      taken(story, 2),
      { ...upgrade, thenWaitMs: 5 * 60_000 },
      { ...suspend, thenWaitMs: 30 * 60_000 },
      { ...resume, until: isRunning("--edition;2") },
    );
    expect(savepoints(story).length).toBeGreaterThan(0);
    story.expectPromisesKept();
  });

test("FLINK-39439, FKO#1089: a savepoint is named until its data is gone, whoever refuses to delete it", async () => {
  let refusals = 0;
  const story = new BugScenario({
    faults: ({ what }) => (what.startsWith("disposeSavepoint") && refusals++ < 6 ? 503 : undefined),
  });
  await story.tell(deployWith(legacy, "last-state"), taken(story, 4), {
    name: "no more periods",
    act: (world) => edit(world, noPeriods),
    until: (view) => view.status?.jobStatus?.savepointInfo?.savepointHistory?.length === 1,
    thenWaitMs: aWhile,
  });
  const [named] = story.view.status?.jobStatus?.savepointInfo?.savepointHistory ?? [];
  expect(savepoints(story)).toEqual([named?.location]);
  expect(refusals).toBeGreaterThan(6);
  story.expectPromisesKept();
});

test("FLINK-35493, FKO#860: snapshot resources of periods are bounded too, and their data", async () => {
  const story = new BugScenario();
  await story.tell(deployWith(resources, "last-state"), taken(story, 6), {
    name: "no more periods",
    act: (world) => edit(world, noPeriods),
    until: (view) => view.snapshots.length === 1,
    thenWaitMs: aWhile,
  });
  expect(savepoints(story)).toHaveLength(1);
  story.expectPromisesKept();
});

test("FLINK-40384, FKO#1185: a snapshot that is being taken is no history", async () => {
  const story = new BugScenario();
  story.world.program = { ...story.world.program, savepointMs: 90_000 };
  await story.tell(deployWith(resources, "last-state"), taken(story, 3), {
    name: "no more periods",
    act: (world) => edit(world, noPeriods),
    thenWaitMs: 5 * 60_000,
  });
  expect(story.warnings).toEqual([]);
  expect(story.view.snapshots.map(({ status }) => status?.state)).toEqual(["COMPLETED"]);
  story.expectPromisesKept();
});

test("FLINK-31795, FKO#565: the clean-up can be switched off", async () => {
  const story = new BugScenario();
  const off = { ...resources, "kubernetes.operator.savepoint.cleanup.enabled": "false" };
  await story.tell(deployWith(off, "last-state"), taken(story, 4), {
    name: "no more periods",
    act: (world) => edit(world, noPeriods),
    thenWaitMs: 5 * 60_000,
  });
  expect(savepoints(story).length).toBeGreaterThanOrEqual(4);
  expect(story.view.snapshots.length).toBe(savepoints(story).length);
});
