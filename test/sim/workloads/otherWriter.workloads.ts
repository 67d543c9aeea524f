import type { Scenario, Step, View } from "../scenario.ts";
import { fail, failWhileStopping, savepointElsewhere, slowSavepoints, stopElsewhere } from "./otherWriter.ts";
import { edit, type UpgradeMode } from "./resource.ts";
import { deployCluster, submitJobs, upgradeJob } from "./session.ts";
import {
  deploy,
  deployWith,
  healthy,
  healthyWithoutHa,
  isRunning,
  launches,
  severalCheckpointsMs,
  upgrade,
} from "./steps.ts";

/** No checkpoint is ever due: all that the job has come to is in its memory. */
const withoutCheckpoints = { "execution.checkpointing.interval": "1000 d" };
const deployWithout = (mode: UpgradeMode): Step => deployWith(withoutCheckpoints, mode);

const beginUpgrade = (edition: string): Step => ({
  name: `change the job's arguments to edition ${edition}, and do not wait`,
  act: (world) => edit(world, { job: { args: ["--edition", edition] } }),
});

/** It has state that no snapshot has: nothing is started, and the status says what there is to do. */
const isStalled = (starts: number) => (view: View) =>
  launches(view) === starts &&
  view.status?.error?.includes("Manual restore required.") === true &&
  view.status.conditions?.some(({ type, status }) => type === "Stalled" && status === "True") === true;

const stalled = (starts: number): Step => ({
  ...fail,
  until: isStalled(starts),
  thenWaitMs: 3 * 60_000,
});

const giveUpState = (edition: string): Step => ({
  name: "give its state up",
  act: (world) => edit(world, { job: { upgradeMode: "stateless" } }),
  until: isRunning(`--edition;${edition}`),
  thenWaitMs: severalCheckpointsMs,
});

/** What the failed run is followed by is what its user chose. */
const failing = { stateful: false, highlyAvailable: true, healthy: false };

/** Requests that are not in the operator's books, and what may follow a run that had state. */
export const workloads: readonly Scenario[] = [
  {
    name: "stopped-elsewhere-savepoint",
    steps: [slowSavepoints, deploy("savepoint"), stopElsewhere(), { ...upgrade, replacesJob: false }],
    ...healthy,
  },
  {
    name: "stopped-elsewhere-last-state",
    steps: [slowSavepoints, deploy("last-state"), stopElsewhere(), { ...upgrade, replacesJob: false }],
    ...healthy,
  },
  {
    name: "stopped-elsewhere-without-checkpoints",
    steps: [slowSavepoints, deployWithout("savepoint"), stopElsewhere(), { ...upgrade, replacesJob: false }],
    ...healthyWithoutHa,
  },
  {
    name: "session-stopped-elsewhere",
    steps: [
      slowSavepoints,
      deployCluster(),
      submitJobs({ one: "savepoint" }),
      stopElsewhere("one"),
      upgradeJob(),
    ],
    ...healthy,
  },
  {
    name: "savepoint-elsewhere",
    steps: [slowSavepoints, deploy("savepoint"), savepointElsewhere, { ...upgrade, replacesJob: false }],
    ...healthy,
  },
  {
    name: "failed-while-stopped",
    steps: [deployWithout("savepoint"), beginUpgrade("2"), failWhileStopping, stalled(1), giveUpState("2")],
    ...failing,
  },
  {
    name: "failed-while-stopped-later",
    steps: [
      deployWithout("last-state"),
      upgrade,
      beginUpgrade("3"),
      failWhileStopping,
      stalled(2),
      giveUpState("3"),
    ],
    ...failing,
  },
];
