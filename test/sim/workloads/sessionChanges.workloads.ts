import type { Scenario, Step, View } from "../scenario.ts";
import type { Job } from "../world/flink/job.ts";
import type { World } from "../world/world.ts";
import type { UpgradeMode } from "./resource.ts";
import {
  clusterReady,
  deleteJob,
  deployCluster,
  editJob,
  launchesOfJobs,
  loseDeployment,
  noIdleTaskManagers,
  resumeJob,
  sessionJobsRun,
  startsOf,
  submitJobs,
  suspendJob,
  upgradeCluster,
  upgradeJob,
} from "./session.ts";
import { healthy, healthyWithoutHa, severalCheckpointsMs, withoutHa } from "./steps.ts";

/** For a session job, what nonces, rollback, restart and concurrentEdits.workloads.ts have for applications. */

const statusOf = (view: View) => view.sessionJob("one")?.status;
const runs = (edition: string) => sessionJobsRun({ name: "one", edition });

/** Whether this edition runs, independent of the status of its resource. */
const runsEdition =
  (edition: string) =>
  (view: View): boolean =>
    view.sessionJobs.some(
      ({ name, working, program }) => name === "one" && working && program.includes(`--edition;${edition}`),
    );

const findJob = ({ flink }: World): Job | undefined =>
  [...flink.jobManagers.values()]
    .filter(({ clock }) => clock.alive)
    .flatMap(({ jobs }) => jobs)
    .find(({ ended, settings }) => !ended && settings.name === "one");

const restart: Step = {
  name: "request a restart of one",
  act: (world) => editJob(world, "one", { restartNonce: 1 }),
  until: (view) => runs("1")(view) && startsOf(view, "one") >= 2,
  thenWaitMs: severalCheckpointsMs,
};

/** The state of the last start by the operator. Jobs that Flink recovers continue from their newest checkpoint. */
const startedFrom = ({ world }: View): string | undefined =>
  world.journal.of("job-started").findLast(({ recovered }) => !recovered)?.restored.from;

/** Back to the savepoint of the first edition: the user gives up newer state. */
const redeploy: Step = {
  name: "redeploy one from the first savepoint",
  act: (world) => {
    const [savepoint] = world.storage.snapshots.filter(({ kind }) => kind === "savepoint");
    const initialSavepointPath = savepoint?.path ?? "none";
    editJob(world, "one", { job: { initialSavepointPath, savepointRedeployNonce: 1 } });
  },
  until: (view) =>
    runs("2")(view) && startsOf(view, "one") >= 3 && startedFrom(view)?.includes("/savepoints/") === true,
  thenWaitMs: severalCheckpointsMs,
};

const toMissingJar: Step = {
  name: "change the jar of one to a missing jar",
  act: (world) => {
    const jarURI = "https://jars.example.com/none.jar";
    world.missingJars.add(jarURI);
    editJob(world, "one", { job: { jarURI, args: ["--edition", "2"] } });
  },
  until: (view) => statusOf(view)?.error?.includes("none.jar") === true,
  thenWaitMs: 2 * severalCheckpointsMs,
};

/** The edit did not touch the job. */
const firstStillRuns: Step = {
  name: "one runs unchanged",
  until: (view) =>
    runsEdition("1")(view) &&
    view.sessionJob("one")?.status?.jobStatus?.savepointInfo?.triggerType === undefined,
};

/** The job is lost with its cluster while the edit waits: it runs again as before, and the error of the edit is reported. */
const loseClusterMeanwhile: Step = {
  ...loseDeployment(),
  until: (view) =>
    clusterReady(view) &&
    launchesOfJobs(view) === 2 &&
    runsEdition("1")(view) &&
    statusOf(view)?.jobStatus?.state === "RUNNING" &&
    statusOf(view)?.error?.includes("none.jar") === true,
};

/** The same where the cluster is replaced, for which each of its jobs is suspended. */
const upgradeClusterMeanwhile: Step = {
  ...upgradeCluster(),
  until: loseClusterMeanwhile.until as (view: View) => boolean,
};

const fixJar: Step = {
  name: "change the jar of one to an existing jar",
  act: (world) => editJob(world, "one", { job: { jarURI: "https://jars.example.com/job-2.jar" } }),
  until: (view) => runs("2")(view) && startsOf(view, "one") >= 2,
  thenWaitMs: severalCheckpointsMs,
};

const rollbackEnabled = {
  "kubernetes.operator.deployment.rollback.enabled": "true",
  "kubernetes.operator.deployment.readiness.timeout": "60 s",
};

const isRolledBack = (view: View): boolean =>
  statusOf(view)?.lifecycleState === "ROLLED_BACK" &&
  statusOf(view)?.observedGeneration === view.sessionJob("one")?.metadata.generation &&
  statusOf(view)?.jobStatus?.state === "RUNNING" &&
  runsEdition("1")(view);

const failingJob: Step = {
  name: "change the arguments of one to values that fail it",
  act: (world) => {
    world.programOf = (configuration) =>
      configuration.get("$internal.application.program-args")?.includes("fail") === true
        ? { ...world.program, failsToStart: "java.lang.IllegalArgumentException: no edition fail" }
        : world.program;
    editJob(world, "one", { job: { args: ["--edition", "fail"] } });
  },
  until: isRolledBack,
  thenWaitMs: severalCheckpointsMs,
};

/** It requests more slots than the cluster gets in time: not all of its tasks run. */
const unschedulable: Step[] = (() => {
  let removeFailure = (): void => {};
  return [
    {
      name: "request more slots than can be scheduled",
      act: (world: World) => {
        removeFailure = world.podFailures.inject({ component: "taskmanager" }, { kind: "Unschedulable" });
        editJob(world, "one", { job: { args: ["--edition", "2"], parallelism: 2 } });
      },
      until: (view: View) => statusOf(view)?.decisions?.[0]?.act === "Rollback",
    },
    {
      name: "TaskManagers can be scheduled again",
      act: () => removeFailure(),
      until: (view: View) => isRolledBack(view) && noIdleTaskManagers(view),
      thenWaitMs: severalCheckpointsMs,
    },
  ];
})();

const untilRollingBack: Step = {
  ...failingJob,
  until: (view) => statusOf(view)?.decisions?.[0]?.act === "Rollback",
  thenWaitMs: 0,
};

const fixForward: Step = {
  name: "change the arguments of one to valid values",
  act: (world) => editJob(world, "one", { job: { args: ["--edition", "3"] } }),
  until: runs("3"),
  thenWaitMs: severalCheckpointsMs,
};

const submitWithRestart = (mode: UpgradeMode): Step =>
  submitJobs({ one: mode }, { "kubernetes.operator.job.restart.failed": "true" });

const fail: Step = {
  name: "one fails for good",
  act: (world) => findJob(world)?.fail("java.lang.IllegalStateException: the disk is full"),
  until: (view) => startsOf(view, "one") >= 2 && runs("1")(view),
  thenWaitMs: severalCheckpointsMs,
};

const failWithoutRestart: Step = { ...fail, until: (view) => statusOf(view)?.lifecycleState === "FAILED" };

/** The spec changes after the restart was decided and before it is performed. */
const failUntilRestartDecided: Step = {
  ...fail,
  until: (view) =>
    statusOf(view)?.decisions?.[0]?.act === "Restart" &&
    statusOf(view)?.reconciliationStatus?.state === "UPGRADING",
  thenWaitMs: 0,
};

const cancel: Step = {
  name: "cancel one in Flink by hand",
  act: (world) => findJob(world)?.cancel(),
  until: (view) => startsOf(view, "one") >= 2 && runs("1")(view),
  thenWaitMs: severalCheckpointsMs,
};

/** The operator has recorded a change and not completed it. */
const isInProgress = (view: View): boolean =>
  statusOf(view)?.reconciliationStatus?.state === "UPGRADING" ||
  statusOf(view)?.jobStatus?.savepointInfo?.triggerType === "UPGRADE" ||
  statusOf(view)?.jobStatus?.state === "CANCELLING";

const startOnly = (step: Step): Step => ({
  ...step,
  name: `${step.name}, without waiting`,
  until: isInProgress,
  thenWaitMs: 0,
});

const isDeleted = deleteJob("one").until;

/** The TaskManager that is idle after that is gone too, also from the session cluster's status. */
const deleted: Step = {
  ...deleteJob("one"),
  until: (view) => isDeleted?.(view) === true && noIdleTaskManagers(view),
  thenWaitMs: severalCheckpointsMs,
};

const resumeSecond: Step = { ...resumeJob, until: runs("2") };

/** The operator reports the failures. */
const unhealthy = { ...healthy, healthy: false };

interface Variant {
  name: string;
  mode: UpgradeMode;
  options?: { highAvailability: boolean };
  traits: Omit<Scenario, "name" | "steps">;
}
const variants: readonly Variant[] = [
  { name: "stateless", mode: "stateless", traits: { ...healthy, stateful: false } },
  { name: "savepoint", mode: "savepoint", traits: healthy },
  { name: "last-state", mode: "last-state", traits: healthy },
  { name: "last-state-without-ha", mode: "last-state", options: withoutHa, traits: healthyWithoutHa },
];

/** The spec changes again while the last change is still in progress, for each way to stop a job. */
const concurrentEdits = variants.flatMap(({ name, mode, options, traits }): Scenario[] => {
  const sequences: Record<string, readonly Step[]> = {
    "upgrade-edited": [startOnly(upgradeJob()), fixForward],
    "upgrade-suspended": [startOnly(upgradeJob()), suspendJob, resumeSecond],
    "upgrade-deleted": [startOnly(upgradeJob()), deleted],
    ...(mode === "savepoint"
      ? {
          "suspend-resumed": [startOnly(suspendJob), resumeJob],
          "resume-edited": [suspendJob, startOnly(resumeJob), fixForward],
        }
      : {}),
  };
  return Object.entries(sequences).map(([sequence, steps]) => ({
    name: `session-midway-${sequence}-${name}`,
    steps: [deployCluster(options), submitJobs({ one: mode }), ...steps],
    ...traits,
  }));
});

export const workloads: readonly Scenario[] = [
  {
    name: "session-restart-nonce",
    steps: [deployCluster(), submitJobs({ one: "last-state", two: "savepoint" }), restart],
    ...healthy,
    untouched: ["two"],
  },
  {
    name: "session-redeploy-nonce",
    steps: [deployCluster(), submitJobs({ one: "savepoint" }), upgradeJob(), redeploy],
    ...healthy,
    stateful: false,
  },
  ...(["savepoint", "last-state", "stateless"] as const).map((mode) => ({
    name: `session-missing-jar-${mode}`,
    steps: [deployCluster(), submitJobs({ one: mode }), toMissingJar, firstStillRuns, fixJar],
    ...healthy,
    healthy: false,
    stateful: mode !== "stateless",
  })),
  {
    name: "session-missing-jar-cluster-lost",
    steps: [
      deployCluster(withoutHa),
      submitJobs({ one: "stateless" }),
      toMissingJar,
      loseClusterMeanwhile,
      { ...fixJar, until: (view) => runs("2")(view) && startsOf(view, "one") >= 3 },
    ],
    ...healthyWithoutHa,
    healthy: false,
    stateful: false,
  },
  ...(["savepoint", "stateless"] as const).map((mode) => ({
    name: `session-missing-jar-cluster-upgrade-${mode}`,
    steps: [
      deployCluster(),
      submitJobs({ one: mode }),
      toMissingJar,
      upgradeClusterMeanwhile,
      { ...fixJar, until: (view: View) => runs("2")(view) && startsOf(view, "one") >= 3 },
    ],
    ...unhealthy,
    stateful: mode !== "stateless",
  })),
  {
    name: "session-rollback-failed-job",
    steps: [deployCluster(), submitJobs({ one: "savepoint" }, rollbackEnabled), failingJob, fixForward],
    ...unhealthy,
  },
  {
    name: "session-rollback-failed-job-last-state",
    steps: [deployCluster(), submitJobs({ one: "last-state" }, rollbackEnabled), failingJob],
    ...unhealthy,
  },
  {
    name: "session-rollback-interrupted",
    steps: [deployCluster(), submitJobs({ one: "savepoint" }, rollbackEnabled), untilRollingBack, fixForward],
    ...unhealthy,
  },
  {
    name: "session-rollback-no-slots",
    steps: [deployCluster(), submitJobs({ one: "savepoint" }, rollbackEnabled), ...unschedulable],
    ...unhealthy,
  },
  {
    name: "session-failed-restart",
    steps: [deployCluster(), submitWithRestart("savepoint"), fail],
    ...unhealthy,
  },
  {
    name: "session-failed-restart-without-ha",
    steps: [deployCluster(withoutHa), submitWithRestart("last-state"), fail],
    ...healthyWithoutHa,
    healthy: false,
  },
  {
    name: "session-failed-restart-edited",
    steps: [deployCluster(), submitWithRestart("savepoint"), failUntilRestartDecided, fixForward],
    ...unhealthy,
  },
  {
    name: "session-failed-edit",
    steps: [deployCluster(), submitJobs({ one: "savepoint" }), failWithoutRestart, fixForward],
    ...unhealthy,
  },
  {
    name: "session-cancelled-elsewhere",
    steps: [deployCluster(), submitJobs({ one: "last-state" }), cancel, upgradeJob()],
    ...healthy,
  },
  ...concurrentEdits,
];
