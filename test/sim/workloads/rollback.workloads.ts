import type { Scenario, Step, View } from "../scenario.ts";
import type { World } from "../world/world.ts";
import { deployWith as deployConfigured } from "./configured.ts";
import { edit, type UpgradeMode } from "./resource.ts";
import { deployWith, healthy, isRunning, severalCheckpointsMs } from "./steps.ts";

const rollbackEnabled = {
  "kubernetes.operator.deployment.rollback.enabled": "true",
  "kubernetes.operator.deployment.readiness.timeout": "60 s",
};

const deploy = (mode: UpgradeMode): Step => deployWith(rollbackEnabled, mode);
const deployStandalone = deployConfigured("last-state", rollbackEnabled, { mode: "standalone" });

const isRolledBack = (view: View): boolean =>
  view.status?.lifecycleState === "ROLLED_BACK" &&
  view.status.observedGeneration === view.resource?.metadata.generation &&
  view.status.jobStatus?.state === "RUNNING" &&
  view.job?.working === true &&
  view.program?.includes("--edition;1") === true;

const noSuchImage = "flink:none";

const editToMissingImage = (world: World): void => {
  world.podFailures.missingImages.add(noSuchImage);
  edit(world, { image: noSuchImage });
};

const missingImage: Step = {
  name: "change the image to one that does not exist",
  act: editToMissingImage,
  until: isRolledBack,
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

const failingJob: Step = {
  name: "change the arguments to values that fail the job",
  act: (world) => {
    world.programOf = (configuration) =>
      configuration.get("$internal.application.program-args")?.includes("fail") === true
        ? { ...world.program, failsToStart: "java.lang.IllegalArgumentException: no edition fail" }
        : world.program;
    edit(world, { job: { args: ["--edition", "fail"] } });
  },
  until: isRolledBack,
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

/** Affects only the TaskManagers of the upgrade: the upgrade stops the earlier ones, and they return after it. */
const unschedulable: Step[] = (() => {
  let removeFailure = (): void => {};
  return [
    {
      name: "change the arguments, while new TaskManagers cannot be scheduled",
      act: (world: World) => {
        removeFailure = world.podFailures.inject({ component: "taskmanager" }, { kind: "Unschedulable" });
        edit(world, { job: { args: ["--edition", "2"] } });
      },
      until: (view: View) => view.status?.decisions?.[0]?.act === "Rollback",
      replacesJob: true,
    },
    {
      name: "TaskManagers can be scheduled again",
      act: () => removeFailure(),
      until: isRolledBack,
      thenWaitMs: severalCheckpointsMs,
    },
  ];
})();

const quota: Step[] = [
  {
    name: "change the arguments, while a quota refuses the pods",
    act: (world) => {
      world.podFailures.creationRefused = "exceeded quota: pods, requested: 1, used: 0, limited: 0";
      edit(world, { job: { args: ["--edition", "2"] } });
    },
    until: (view) => view.status?.decisions?.[0]?.act === "Rollback",
    replacesJob: true,
  },
  {
    name: "the quota is raised",
    act: (world) => {
      world.podFailures.creationRefused = undefined;
    },
    until: isRolledBack,
    thenWaitMs: severalCheckpointsMs,
  },
];

/** The state that the next version has left cannot be read by the one before: it is not rolled back. */
const otherVersion: Step[] = [
  {
    name: "change the version of Flink, and the image to one that does not exist",
    act: (world) => {
      world.podFailures.missingImages.add(noSuchImage);
      edit(world, { image: noSuchImage, flinkVersion: "v2_1" });
    },
    until: ({ status }) => status?.jobManagerDeploymentStatus === "ERROR",
    // Longer than the time after which it would be rolled back.
    thenWaitMs: 90_000,
    replacesJob: true,
  },
  {
    name: "change the image to one of that version",
    act: (world) => edit(world, { image: "flink:2.1" }),
    until: (view) =>
      isRunning("flink:2.1")(view) && view.status?.decisions?.every(({ act }) => act !== "Rollback") === true,
    thenWaitMs: severalCheckpointsMs,
  },
];

const fixForward: Step = {
  name: "change the image and the arguments",
  act: (world) => edit(world, { image: "flink:1.20", job: { args: ["--edition", "3"] } }),
  until: isRunning("--edition;3"),
  thenWaitMs: severalCheckpointsMs,
};

const untilRollingBack: Step = {
  ...missingImage,
  until: (view) => view.status?.decisions?.[0]?.act === "Rollback",
  thenWaitMs: 0,
};

/** The next edit, before the rollback is complete, fails as well and is rolled back too. */
const secondMissingImage: Step = {
  name: "change the image to another one that does not exist",
  act: (world) => {
    world.podFailures.missingImages.add("flink:void");
    edit(world, { image: "flink:void" });
  },
  until: (view) => isRolledBack(view) && view.status?.decisions?.[0]?.generation === 3,
  thenWaitMs: severalCheckpointsMs,
};

const backToStable: Step = {
  name: "change the image back",
  act: (world) => edit(world, { image: "flink:1.20" }),
  until: isRunning("--edition;1"),
  thenWaitMs: severalCheckpointsMs,
};

/** The operator reports the failures. */
const unhealthy = { ...healthy, healthy: false };

export const workloads: readonly Scenario[] = [
  {
    name: "rollback-not-across-versions",
    steps: [deploy("savepoint"), ...otherVersion],
    ...healthy,
    healthy: false,
  },
  { name: "rollback-fixed-forward", steps: [deploy("savepoint"), missingImage, fixForward], ...unhealthy },
  { name: "rollback-accepted", steps: [deploy("last-state"), missingImage, backToStable], ...unhealthy },
  { name: "rollback-interrupted", steps: [deploy("last-state"), untilRollingBack, fixForward], ...unhealthy },
  {
    name: "rollback-struck-twice",
    steps: [deploy("last-state"), untilRollingBack, secondMissingImage, fixForward],
    ...unhealthy,
  },
  { name: "rollback-failed-job", steps: [deploy("savepoint"), failingJob], ...unhealthy },
  { name: "rollback-failed-job-last-state", steps: [deploy("last-state"), failingJob], ...unhealthy },
  { name: "rollback-no-taskmanagers", steps: [deploy("last-state"), ...unschedulable], ...unhealthy },
  { name: "rollback-standalone", steps: [deployStandalone, missingImage, fixForward], ...unhealthy },
  { name: "rollback-quota", steps: [deploy("savepoint"), ...quota], ...unhealthy },
];
