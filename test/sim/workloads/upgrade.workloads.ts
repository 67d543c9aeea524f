import type { Scenario, Step } from "../scenario.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { edit } from "./resource.ts";
import {
  deploy,
  deployWith,
  healthy,
  healthyWithoutHa,
  isRunning,
  severalCheckpointsMs,
  upgrade,
  withoutHa,
} from "./steps.ts";

/** The storage is full for the first savepoint. */
const deployWithFullStorage: Step = {
  ...deploy("savepoint"),
  act: (world) => {
    world.program = {
      ...unboundedProgram,
      get savepointFails() {
        return world.journal.of("savepoint-failed").length === 0;
      },
    };
    deploy("savepoint").act?.(world);
  },
};

/** The job fails while its JobManager shuts down: Flink deletes the HA metadata from which the job would be restored. */
const failDuringUpgrade: Step[] = [
  {
    name: "change the job's arguments, without waiting",
    act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
    until: ({ status }) => status?.reconciliationStatus?.state === "UPGRADING",
    replacesJob: true,
  },
  {
    name: "the job fails for good before it is stopped",
    act: (world) => {
      for (const { job } of world.flink.jobManagers.values())
        job?.fail("java.lang.IllegalStateException: the disk is full");
    },
    until: ({ status }) => status?.error?.includes("Manual restore required.") === true,
    thenWaitMs: severalCheckpointsMs,
  },
];

/** The user sets the path to restore from. */
const restoreByHand: Step = {
  name: "start from the newest checkpoint",
  act: (world) => {
    const newest = world.journal.of("checkpoint-completed").at(-1);
    edit(world, { job: { initialSavepointPath: newest?.path, savepointRedeployNonce: 1 } });
  },
  until: isRunning("--edition;2"),
  thenWaitMs: severalCheckpointsMs,
};

const moved = "file:///data/moved";

const upgradeToOtherDirectory: Step = {
  ...upgrade,
  name: "change the job's arguments and the directory of its savepoints",
  act: (world) =>
    edit(world, { job: { args: ["--edition", "2"] }, flinkConfiguration: { "state.savepoints.dir": moved } }),
  until: (view) =>
    isRunning("--edition;2")(view) &&
    view.world.journal.of("savepoint-completed").every(({ path }) => path.startsWith("file:/data/moved")),
};

/** Labels of the user must not hide the Deployment from those who look for it by its own. */
const userLabels = {
  "kubernetes.jobmanager.labels": "component:mine,app:mine,team:a",
  "kubernetes.taskmanager.labels": "component:mine,team:a",
};

export const workloads: readonly Scenario[] = [
  { name: "upgrade-stateless", steps: [deploy("stateless"), upgrade], ...healthy, stateful: false },
  { name: "upgrade-savepoint", steps: [deploy("savepoint"), upgrade], ...healthy },
  {
    name: "upgrade-savepoint-without-ha",
    steps: [deploy("savepoint", withoutHa), upgrade],
    ...healthyWithoutHa,
  },
  {
    name: "upgrade-savepoint-directory",
    steps: [deploy("savepoint"), upgradeToOtherDirectory],
    ...healthy,
  },
  { name: "upgrade-labelled", steps: [deployWith(userLabels, "last-state"), upgrade], ...healthy },
  { name: "upgrade-savepoint-refused", steps: [deployWithFullStorage, upgrade], ...healthy, healthy: false },
  {
    name: "upgrade-last-state-ended",
    steps: [deploy("last-state"), ...failDuringUpgrade, restoreByHand],
    ...healthy,
    healthy: false,
  },
  { name: "upgrade-last-state", steps: [deploy("last-state"), upgrade], ...healthy },
  {
    name: "upgrade-last-state-by-cancel",
    steps: [deploy("last-state", withoutHa), upgrade],
    ...healthyWithoutHa,
  },
];
