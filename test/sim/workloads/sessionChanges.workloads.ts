import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import type { Job } from "../world/flink/job.ts";
import { namespace, type World } from "../world/world.ts";
import type { UpgradeMode } from "./resource.ts";
import {
  clusterReady,
  deleteJob,
  deployCluster,
  editJob,
  launchesOfJobs,
  loseDeployment,
  resumeJob,
  sessionJobsRun,
  startsOf,
  submitJobs,
  suspendJob,
  upgradeCluster,
  upgradeJob,
} from "./session.ts";
import { healthy, healthyWithoutHa, severalCheckpointsMs, withoutHa } from "./steps.ts";

/** What nonces, rollback, restart and midway.workloads.ts have of applications, of a session job. */

/** There are no TaskManagers but those that its jobs need, one each, and the cluster's status tells of no others. */
const nothingIdles = ({ world, sessionJobs, status }: View): boolean => {
  const pods = world.server.list(resourceTypes.pod, { namespace });
  const taskManagers = pods.filter(({ metadata }) => metadata.labels?.component === "taskmanager");
  const toldCpu = Number(status?.clusterInfo?.["total-cpu"]);
  return taskManagers.length === sessionJobs.length && toldCpu === cpuOfEach * (1 + sessionJobs.length);
};
const cpuOfEach = 0.5;

const statusOf = (view: View) => view.sessionJob("one")?.status;
const runs = (edition: string) => sessionJobsRun({ name: "one", edition });

/** Whatever its resource says. */
const worksAs =
  (edition: string) =>
  (view: View): boolean =>
    view.sessionJobs.some(
      ({ name, working, program }) => name === "one" && working && program.includes(`--edition;${edition}`),
    );

const jobIn = ({ flink }: World): Job | undefined =>
  [...flink.jobManagers.values()]
    .filter(({ clock }) => clock.alive)
    .flatMap(({ jobs }) => jobs)
    .find(({ ended, settings }) => !ended && settings.name === "one");

const restart: Step = {
  name: "ask for a restart of one",
  act: (world) => editJob(world, "one", { restartNonce: 1 }),
  until: (view) => runs("1")(view) && startsOf(view, "one") >= 2,
  thenWaitMs: severalCheckpointsMs,
};

/** By the operator: what Flink brings back itself goes on from its newest checkpoint. */
const startedFrom = ({ world }: View): string | undefined =>
  world.journal.of("job-started").findLast(({ recovered }) => !recovered)?.restored.from;

/** Back to the savepoint that the first edition was stopped with: state is given up, as the user says. */
const redeploy: Step = {
  name: "start one again from the first savepoint",
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
  name: "change the jar of one to one that does not exist",
  act: (world) => {
    const jarURI = "https://jars.example.com/none.jar";
    world.missingJars.add(jarURI);
    editJob(world, "one", { job: { jarURI, args: ["--edition", "2"] } });
  },
  until: (view) => statusOf(view)?.error?.includes("none.jar") === true,
  thenWaitMs: 2 * severalCheckpointsMs,
};

/** Whom an edit must not have touched. */
const stillFirst: Step = {
  name: "it runs as it was",
  until: (view) =>
    worksAs("1")(view) && view.sessionJob("one")?.status?.jobStatus?.savepointInfo?.triggerType === undefined,
};

/** While the edit waits, the job is lost with its cluster: it is back as it ran, and what the edit waits for is told. */
const loseClusterMeanwhile: Step = {
  ...loseDeployment(),
  until: (view) =>
    clusterReady(view) &&
    launchesOfJobs(view) === 2 &&
    worksAs("1")(view) &&
    statusOf(view)?.jobStatus?.state === "RUNNING" &&
    statusOf(view)?.error?.includes("none.jar") === true,
};

/** The same where the cluster is replaced, for which each of its jobs makes way. */
const upgradeClusterMeanwhile: Step = {
  ...upgradeCluster(),
  until: loseClusterMeanwhile.until as (view: View) => boolean,
};

const mendJar: Step = {
  name: "change the jar of one to one that exists",
  act: (world) => editJob(world, "one", { job: { jarURI: "https://jars.example.com/job-2.jar" } }),
  until: (view) => runs("2")(view) && startsOf(view, "one") >= 2,
  thenWaitMs: severalCheckpointsMs,
};

const rollsBack = {
  "kubernetes.operator.deployment.rollback.enabled": "true",
  "kubernetes.operator.deployment.readiness.timeout": "60 s",
};

const isRolledBack = (view: View): boolean =>
  statusOf(view)?.lifecycleState === "ROLLED_BACK" &&
  statusOf(view)?.observedGeneration === view.sessionJob("one")?.metadata.generation &&
  statusOf(view)?.jobStatus?.state === "RUNNING" &&
  worksAs("1")(view);

const failingJob: Step = {
  name: "change the arguments of one to some that it fails with",
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

/** It asks for more than the cluster comes to have in time: not all of its tasks run. */
const noRoom: Step[] = (() => {
  let room = (): void => {};
  return [
    {
      name: "ask for more slots than there is room for",
      act: (world: World) => {
        room = world.podFailures.inject({ component: "taskmanager" }, { kind: "Unschedulable" });
        editJob(world, "one", { job: { args: ["--edition", "2"], parallelism: 2 } });
      },
      until: (view: View) => statusOf(view)?.decisions?.[0]?.act === "Rollback",
    },
    {
      name: "there is room again",
      act: () => room(),
      until: (view: View) => isRolledBack(view) && nothingIdles(view),
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
  name: "change the arguments of one to good ones",
  act: (world) => editJob(world, "one", { job: { args: ["--edition", "3"] } }),
  until: runs("3"),
  thenWaitMs: severalCheckpointsMs,
};

const submitRestarting = (mode: UpgradeMode): Step =>
  submitJobs({ one: mode }, { "kubernetes.operator.job.restart.failed": "true" });

const fail: Step = {
  name: "one fails for good",
  act: (world) => jobIn(world)?.fail("java.lang.IllegalStateException: the disk is full"),
  until: (view) => startsOf(view, "one") >= 2 && runs("1")(view),
  thenWaitMs: severalCheckpointsMs,
};

const failAndStay: Step = { ...fail, until: (view) => statusOf(view)?.lifecycleState === "FAILED" };

/** The spec changes after the restart was decided, and before it is carried out. */
const failAndBegin: Step = {
  ...fail,
  until: (view) =>
    statusOf(view)?.decisions?.[0]?.act === "Restart" &&
    statusOf(view)?.reconciliationStatus?.state === "UPGRADING",
  thenWaitMs: 0,
};

const cancel: Step = {
  name: "somebody cancels one in Flink",
  act: (world) => jobIn(world)?.cancel(),
  until: (view) => startsOf(view, "one") >= 2 && runs("1")(view),
  thenWaitMs: severalCheckpointsMs,
};

/** The operator has written down what it is about to do, and has not done all of it. */
const isUnderWay = (view: View): boolean =>
  statusOf(view)?.reconciliationStatus?.state === "UPGRADING" ||
  statusOf(view)?.jobStatus?.savepointInfo?.triggerType === "UPGRADE" ||
  statusOf(view)?.jobStatus?.state === "CANCELLING";

const begun = (step: Step): Step => ({
  ...step,
  name: `${step.name}, and do not wait`,
  until: isUnderWay,
  thenWaitMs: 0,
});

const isDeleted = deleteJob("one").until;

/** And the TaskManager that idles then, of which the session cluster's status tells, is gone too. */
const deleted: Step = {
  ...deleteJob("one"),
  until: (view) => isDeleted?.(view) === true && nothingIdles(view),
  thenWaitMs: severalCheckpointsMs,
};

const resumeSecond: Step = { ...resumeJob, until: runs("2") };

/** What goes wrong is told. */
const unhealthy = { ...healthy, healthy: false };

interface Way {
  name: string;
  mode: UpgradeMode;
  options?: { highAvailability: boolean };
  traits: Omit<Scenario, "name" | "steps">;
}
const ways: readonly Way[] = [
  { name: "stateless", mode: "stateless", traits: { ...healthy, stateful: false } },
  { name: "savepoint", mode: "savepoint", traits: healthy },
  { name: "last-state", mode: "last-state", traits: healthy },
  { name: "last-state-without-ha", mode: "last-state", options: withoutHa, traits: healthyWithoutHa },
];

/** The spec changes again while the last change is still being carried out, in each way to take a job down. */
const midway = ways.flatMap(({ name, mode, options, traits }): Scenario[] => {
  const stories: Record<string, readonly Step[]> = {
    "upgrade-edited": [begun(upgradeJob()), fixForward],
    "upgrade-suspended": [begun(upgradeJob()), suspendJob, resumeSecond],
    "upgrade-deleted": [begun(upgradeJob()), deleted],
    ...(mode === "savepoint"
      ? {
          "suspend-resumed": [begun(suspendJob), resumeJob],
          "resume-edited": [suspendJob, begun(resumeJob), fixForward],
        }
      : {}),
  };
  return Object.entries(stories).map(([story, steps]) => ({
    name: `session-midway-${story}-${name}`,
    steps: [deployCluster(options), submitJobs({ one: mode }), ...steps],
    ...traits,
  }));
});

export const workloads: readonly Scenario[] = [
  {
    name: "session-restart-nonce",
    steps: [deployCluster(), submitJobs({ one: "last-state", two: "savepoint" }), restart],
    ...healthy,
  },
  {
    name: "session-redeploy-nonce",
    steps: [deployCluster(), submitJobs({ one: "savepoint" }), upgradeJob(), redeploy],
    ...healthy,
    stateful: false,
  },
  ...(["savepoint", "last-state", "stateless"] as const).map((mode) => ({
    name: `session-missing-jar-${mode}`,
    steps: [deployCluster(), submitJobs({ one: mode }), toMissingJar, stillFirst, mendJar],
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
      { ...mendJar, until: (view) => runs("2")(view) && startsOf(view, "one") >= 3 },
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
      { ...mendJar, until: (view: View) => runs("2")(view) && startsOf(view, "one") >= 3 },
    ],
    ...unhealthy,
    stateful: mode !== "stateless",
  })),
  {
    name: "session-rollback-failed-job",
    steps: [deployCluster(), submitJobs({ one: "savepoint" }, rollsBack), failingJob, fixForward],
    ...unhealthy,
  },
  {
    name: "session-rollback-failed-job-last-state",
    steps: [deployCluster(), submitJobs({ one: "last-state" }, rollsBack), failingJob],
    ...unhealthy,
  },
  {
    name: "session-rollback-interrupted",
    steps: [deployCluster(), submitJobs({ one: "savepoint" }, rollsBack), untilRollingBack, fixForward],
    ...unhealthy,
  },
  {
    name: "session-rollback-no-slots",
    steps: [deployCluster(), submitJobs({ one: "savepoint" }, rollsBack), ...noRoom],
    ...unhealthy,
  },
  {
    name: "session-failed-restart",
    steps: [deployCluster(), submitRestarting("savepoint"), fail],
    ...unhealthy,
  },
  {
    name: "session-failed-restart-without-ha",
    steps: [deployCluster(withoutHa), submitRestarting("last-state"), fail],
    ...healthyWithoutHa,
    healthy: false,
  },
  {
    name: "session-failed-restart-edited",
    steps: [deployCluster(), submitRestarting("savepoint"), failAndBegin, fixForward],
    ...unhealthy,
  },
  {
    name: "session-failed-edit",
    steps: [deployCluster(), submitJobs({ one: "savepoint" }), failAndStay, fixForward],
    ...unhealthy,
  },
  {
    name: "session-cancelled-elsewhere",
    steps: [deployCluster(), submitJobs({ one: "last-state" }), cancel, upgradeJob()],
    ...healthy,
  },
  ...midway,
];
