import type { Scenario, Step } from "../scenario.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import { edit } from "./resource.ts";
import {
  deploy,
  healthy,
  healthyWithoutHa,
  isRunning,
  severalCheckpointsMs,
  upgrade,
  withoutHa,
} from "./steps.ts";

/** Where savepoints go to is full for the first one. */
const deployFull: Step = {
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

/** As its JobManager goes: Flink takes the HA metadata away that the job was to go on from. */
const endsMeanwhile: Step[] = [
  {
    name: "change the job's arguments, and do not wait",
    act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
    until: ({ status }) => status?.reconciliationStatus?.state === "UPGRADING",
    replacesJob: true,
  },
  {
    name: "the job fails for good before it is taken down",
    act: (world) => {
      for (const { job } of world.flink.jobManagers.values())
        job?.fail("java.lang.IllegalStateException: the disk is full");
    },
    until: ({ status }) => status?.error?.includes("Manual restore required.") === true,
    thenWaitMs: severalCheckpointsMs,
  },
];

/** The user says where to go on from. */
const restoreByHand: Step = {
  name: "start from the newest checkpoint",
  act: (world) => {
    const newest = world.journal.of("checkpoint-completed").at(-1);
    edit(world, { job: { initialSavepointPath: newest?.path, savepointRedeployNonce: 1 } });
  },
  until: isRunning("--edition;2"),
  thenWaitMs: severalCheckpointsMs,
};

export const workloads: readonly Scenario[] = [
  { name: "upgrade-stateless", steps: [deploy("stateless"), upgrade], ...healthy, stateful: false },
  { name: "upgrade-savepoint", steps: [deploy("savepoint"), upgrade], ...healthy },
  {
    name: "upgrade-savepoint-without-ha",
    steps: [deploy("savepoint", withoutHa), upgrade],
    ...healthyWithoutHa,
  },
  { name: "upgrade-savepoint-refused", steps: [deployFull, upgrade], ...healthy, healthy: false },
  {
    name: "upgrade-last-state-ended",
    steps: [deploy("last-state"), ...endsMeanwhile, restoreByHand],
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
