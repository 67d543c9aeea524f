import type { Scenario, Step, View } from "../scenario.ts";
import { edit, type UpgradeMode } from "./resource.ts";
import {
  deploy,
  healthy,
  healthyWithoutHa,
  isRunning,
  isSuspended,
  remove,
  resume,
  severalCheckpointsMs,
  suspend,
  withoutHa,
} from "./steps.ts";

/** The operator has written down what it is about to do, and has not done all of it. */
const isUnderWay = ({ status }: View): boolean =>
  status?.reconciliationStatus?.state === "UPGRADING" ||
  status?.jobStatus?.savepointInfo?.triggerType === "UPGRADE";

const begin = (name: string, job: Parameters<typeof edit>[1]["job"] & object): Step => ({
  name: `${name}, and do not wait`,
  act: (world) => edit(world, { job }),
  until: isUnderWay,
});
const end = (name: string, job: Parameters<typeof edit>[1]["job"] & object, edition: string): Step => ({
  name,
  act: (world) => edit(world, { job }),
  until: isRunning(`--edition;${edition}`),
  thenWaitMs: severalCheckpointsMs,
});

const toSecond = begin("change the job's arguments", { args: ["--edition", "2"] });
const toThird = end("change them again", { args: ["--edition", "3"] }, "3");
const beginSuspend = begin("suspend", { state: "suspended" });
const beginResume = begin("resume", { state: "running" });
const suspendAgain: Step = {
  name: "suspend after all",
  act: (world) => edit(world, { job: { state: "suspended" } }),
  until: isSuspended,
  thenWaitMs: severalCheckpointsMs,
};
const editSuspended: Step = {
  name: "change the arguments of the suspended job",
  act: (world) => edit(world, { job: { args: ["--edition", "2"] }, restartNonce: 7 }),
  until: isSuspended,
  thenWaitMs: severalCheckpointsMs,
};
const resumeSecond = end("resume it", { state: "running" }, "2");

interface Way {
  name: string;
  mode: UpgradeMode;
  /** Whether suspensions are tried as well: a job that was cancelled is suspended like one with a savepoint. */
  suspends: boolean;
  options?: { highAvailability: boolean };
  traits: Omit<Scenario, "name" | "steps">;
}
const ways: readonly Way[] = [
  { name: "stateless", mode: "stateless", suspends: false, traits: { ...healthy, stateful: false } },
  { name: "savepoint", mode: "savepoint", suspends: true, traits: healthy },
  { name: "last-state", mode: "last-state", suspends: true, traits: healthy },
  { name: "cancel", mode: "last-state", suspends: false, options: withoutHa, traits: healthyWithoutHa },
];

/** The spec changes again while the last change is still being carried out, in each way to take a job down. */
export const workloads: readonly Scenario[] = ways.flatMap((way): Scenario[] => {
  const { name, mode, options, traits, suspends } = way;
  const start = deploy(mode, options);
  const stories: Record<string, readonly Step[]> = {
    "upgrade-edited": [toSecond, toThird],
    "upgrade-suspended": [toSecond, suspendAgain, resumeSecond],
    "upgrade-deleted": [toSecond, remove],
    ...(suspends
      ? {
          "suspend-resumed": [beginSuspend, resume],
          "resume-edited": [suspend, beginResume, toThird],
          "resume-suspended": [suspend, beginResume, suspendAgain, resume],
          "suspended-edited": [suspend, editSuspended, resumeSecond],
        }
      : {}),
  };
  return Object.entries(stories).map(([story, steps]) => ({
    name: `midway-${story}-${name}`,
    steps: [start, ...steps],
    ...traits,
  }));
});
