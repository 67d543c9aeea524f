import type { Scenario, Step, View } from "../scenario.ts";
import type { World } from "../world/world.ts";
import { edit } from "./resource.ts";
import { deploy, healthy, isRunning, severalCheckpointsMs, withoutHa } from "./steps.ts";

const hang = ({ flink }: World, hangs: boolean): void => {
  for (const jobManager of flink.jobManagers.values()) jobManager.hang(hangs);
};

const isToldOf = ({ status }: View): boolean => status?.error?.includes("NotResponding") === true;

/** It accepts connections and answers nothing, for minutes; its job runs on. */
const goesSilent: Step = {
  name: "the JobManager falls silent",
  act: (world) => hang(world, true),
  until: isToldOf,
  thenWaitMs: 3 * 60_000,
};
const answersAgain: Step = {
  name: "it answers again",
  act: (world) => hang(world, false),
  until: isRunning("--edition;1"),
  thenWaitMs: severalCheckpointsMs,
};

const editSilent = (until?: Step["until"]): Step => ({
  name: "change the arguments of the silent job",
  act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
  thenWaitMs: 2 * 60_000,
  ...(until === undefined ? {} : { until }),
});
const secondRuns = { ...answersAgain, until: isRunning("--edition;2") };

/** What is silent is told. */
const unhealthy = { ...healthy, healthy: false };

export const workloads: readonly Scenario[] = [
  { name: "silent-jobmanager", steps: [deploy("savepoint"), goesSilent, answersAgain], ...unhealthy },
  {
    name: "silent-jobmanager-edited",
    steps: [deploy("last-state"), goesSilent, editSilent(isRunning("--edition;2"))],
    ...unhealthy,
  },
  {
    name: "silent-jobmanager-edited-without-ha",
    steps: [deploy("savepoint", withoutHa), goesSilent, editSilent(), secondRuns],
    ...unhealthy,
    highlyAvailable: false,
  },
];
