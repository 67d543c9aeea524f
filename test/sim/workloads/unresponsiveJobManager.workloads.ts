import type { Scenario, Step, View } from "../scenario.ts";
import type { World } from "../world/world.ts";
import { edit } from "./resource.ts";
import { deploy, healthy, isRunning, severalCheckpointsMs, withoutHa } from "./steps.ts";

const setHanging = ({ flink }: World, hangs: boolean): void => {
  for (const jobManager of flink.jobManagers.values()) jobManager.hang(hangs);
};

const isReported = ({ status }: View): boolean => status?.error?.includes("NotResponding") === true;

/** It accepts connections and answers nothing, for minutes; its job keeps running. */
const jobManagerHangs: Step = {
  name: "the JobManager hangs",
  act: (world) => setHanging(world, true),
  until: isReported,
  thenWaitMs: 3 * 60_000,
};
const jobManagerAnswers: Step = {
  name: "the JobManager answers again",
  act: (world) => setHanging(world, false),
  until: isRunning("--edition;1"),
  thenWaitMs: severalCheckpointsMs,
};

const editWhileHanging = (until?: Step["until"]): Step => ({
  name: "change the arguments while the JobManager hangs",
  act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
  thenWaitMs: 2 * 60_000,
  ...(until === undefined ? {} : { until }),
});
const answersWithSecondEdition = { ...jobManagerAnswers, until: isRunning("--edition;2") };

/** The operator reports a JobManager that hangs. */
const unhealthy = { ...healthy, healthy: false };

export const workloads: readonly Scenario[] = [
  {
    name: "silent-jobmanager",
    steps: [deploy("savepoint"), jobManagerHangs, jobManagerAnswers],
    ...unhealthy,
  },
  {
    name: "silent-jobmanager-edited",
    steps: [deploy("last-state"), jobManagerHangs, editWhileHanging(isRunning("--edition;2"))],
    ...unhealthy,
  },
  {
    name: "silent-jobmanager-edited-without-ha",
    steps: [deploy("savepoint", withoutHa), jobManagerHangs, editWhileHanging(), answersWithSecondEdition],
    ...unhealthy,
    highlyAvailable: false,
  },
];
