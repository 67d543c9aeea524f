import type { Scenario, Step, View } from "../scenario.ts";
import { deployWith } from "./configured.ts";
import { edit } from "./resource.ts";
import { allComplete, savepointEvery, snapshotsInStatus } from "./snapshots.workloads.ts";
import { healthy, resume, severalCheckpointsMs, suspend } from "./steps.ts";

/** Schedules, which periodicOracle.ts holds to their grid. */

const interval = (kind: "savepoint" | "checkpoint"): string =>
  `kubernetes.operator.periodic.${kind}.interval`;

/** On the second and not the start of a minute, as no interval from the resource's creation would be. */
const cronEveryTwoMinutes = { [interval("savepoint")]: "20 0/2 * * * ?" };
const checkpointEveryMinute = { [interval("checkpoint")]: "60 s" };

/** By number, not by time: a fault delays the deployment, but not the schedule. */
const periods = (count: number): Step => ({
  name: `wait until there are ${count} periodic snapshots`,
  until: allComplete(count),
});

/** Of checkpoints only the newest is retained (state.checkpoints.num-retained). */
const checkpoints = (count: number): Step => ({
  ...periods(count),
  until: (view) =>
    view.world.journal.of("checkpoint-triggered").length >= count &&
    view.status?.jobStatus?.checkpointInfo?.triggerId === undefined &&
    (view.snapshots.length === 0 || allComplete(1)(view)),
});

/** The run must be quiet at its end. */
const switchOff = (...kinds: Parameters<typeof interval>[0][]): Step => ({
  name: "switch periodic snapshots off",
  act: (world) =>
    edit(world, { flinkConfiguration: Object.fromEntries(kinds.map((kind) => [interval(kind), "0"])) }),
  until: ({ resource, status, snapshots }: View) =>
    status?.observedGeneration === resource?.metadata.generation &&
    snapshots.every(({ status: taken }) => taken?.state === "COMPLETED"),
  thenWaitMs: severalCheckpointsMs,
});

const changePeriod: Step = {
  name: "change the period",
  act: (world) => edit(world, { flinkConfiguration: savepointEvery(90) }),
  until: ({ resource, status }) => status?.observedGeneration === resource?.metadata.generation,
};

/** No snapshot is being taken when the job is suspended, and a checkpoint is the newest. */
const firstPeriod: Step = { ...periods(1), thenWaitMs: 15_000 };

const stayDown: Step = { ...suspend, name: "suspend for several periods", thenWaitMs: 4.5 * 60_000 };

export const workloads: readonly Scenario[] = [
  {
    name: "periodic-cron",
    steps: [deployWith("last-state", cronEveryTwoMinutes), periods(3), switchOff("savepoint")],
    ...healthy,
  },
  {
    name: "periodic-checkpoints",
    steps: [deployWith("last-state", checkpointEveryMinute), checkpoints(4), switchOff("checkpoint")],
    ...healthy,
  },
  {
    name: "periodic-checkpoints-legacy",
    steps: [
      deployWith("last-state", { ...checkpointEveryMinute, ...snapshotsInStatus }),
      checkpoints(4),
      switchOff("checkpoint"),
    ],
    ...healthy,
  },
  {
    name: "periodic-changed",
    steps: [deployWith("last-state", savepointEvery(60)), changePeriod, periods(4), switchOff("savepoint")],
    ...healthy,
  },
  {
    name: "periodic-cron-suspended",
    steps: [
      deployWith("last-state", cronEveryTwoMinutes),
      firstPeriod,
      stayDown,
      resume,
      periods(4),
      switchOff("savepoint"),
    ],
    ...healthy,
  },
  {
    name: "periodic-suspended",
    steps: [
      deployWith("last-state", savepointEvery(60)),
      firstPeriod,
      stayDown,
      resume,
      periods(4),
      switchOff("savepoint"),
    ],
    ...healthy,
  },
];
