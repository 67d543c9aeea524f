import { type Scenario, type Step, View } from "../scenario.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import type { World } from "../world/world.ts";
import { edit, resourceName, type UpgradeMode } from "./resource.ts";
import {
  deploy,
  deployWith,
  healthy,
  healthyWithoutHa,
  isRunning,
  launches,
  severalCheckpointsMs,
  upgrade,
  withoutHa,
} from "./steps.ts";

const jobOf = (world: World) => new View(world, resourceName).job;

const deployRestarting = (mode: UpgradeMode, options = { highAvailability: true }): Step =>
  deployWith({ "kubernetes.operator.job.restart.failed": "true" }, mode, options);

const fail: Step = {
  name: "the job fails for good",
  act: (world) => jobOf(world)?.fail("java.lang.IllegalStateException: the disk is full"),
  until: (view) => launches(view) > 1 && isRunning("--edition;1")(view),
  thenWaitMs: severalCheckpointsMs,
};

const failWithoutRestart: Step = {
  ...fail,
  until: (view) => view.status?.lifecycleState === "FAILED",
};

const cancel: Step = {
  name: "cancel the job in Flink by hand",
  act: (world) => jobOf(world)?.cancel(),
  until: (view) => launches(view) > 1 && isRunning("--edition;1")(view),
  thenWaitMs: severalCheckpointsMs,
};

/** The spec changes after the restart was decided and before it is performed. */
const failUntilRestartDecided: Step = {
  ...fail,
  until: ({ status }) =>
    status?.decisions?.[0]?.act === "Restart" && status.reconciliationStatus?.state === "UPGRADING",
  thenWaitMs: 0,
};

/** No job runs that could be stopped before a dry run. */
const upgradeWithoutRunningJob: Step = { ...upgrade, replacesJob: false };

/** Flink 2.3 lists the job as CANCELED, and its application as FAILED. */
const deployFailingMain: Step = {
  ...deploy("savepoint"),
  name: "apply a resource whose main method fails after it has started the job",
  act: (world) => {
    world.program = { ...unboundedProgram, mainFailsAfterMs: 20_000 };
    deploy("savepoint").act?.(world);
    edit(world, { image: "flink:2.3", flinkVersion: "v2_3" });
  },
  until: ({ status }) =>
    status?.jobStatus?.state === "FAILED" && status.error?.includes("the main method failed late") === true,
};

const mendMain: Step = {
  ...upgradeWithoutRunningJob,
  name: "mend it",
  act: (world) => {
    world.program = unboundedProgram;
    upgrade.act?.(world);
  },
};

/** Failures are reported: by Warnings, and in the status until the job runs again. */
const unhealthy = { healthy: false };

export const workloads: readonly Scenario[] = [
  { name: "failed-restart", steps: [deployRestarting("savepoint"), fail], ...healthy, ...unhealthy },
  {
    name: "failed-restart-without-ha",
    steps: [deployRestarting("last-state", withoutHa), fail],
    ...healthyWithoutHa,
    ...unhealthy,
  },
  {
    name: "failed-restart-edited",
    steps: [deployRestarting("savepoint"), failUntilRestartDecided, upgradeWithoutRunningJob],
    ...healthy,
    ...unhealthy,
  },
  {
    name: "failed-restart-stateless",
    steps: [deployRestarting("stateless"), fail],
    ...healthy,
    ...unhealthy,
    stateful: false,
  },
  { name: "cancelled-elsewhere", steps: [deploy("last-state"), cancel, upgrade], ...healthy },
  { name: "failed-main", steps: [deployFailingMain, mendMain], ...healthy, ...unhealthy },
  {
    name: "failed-edit",
    steps: [deploy("savepoint"), failWithoutRestart, upgrade],
    ...healthy,
    ...unhealthy,
  },
];
