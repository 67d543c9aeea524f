import type { Scenario, Step } from "../scenario.ts";
import { edit, type UpgradeMode } from "./resource.ts";
import {
  deploy,
  healthy,
  healthyWithoutHa,
  isInProgress,
  isRunning,
  isSuspended,
  remove,
  resume,
  severalCheckpointsMs,
  suspend,
  withoutHa,
} from "./steps.ts";

const startChange = (name: string, job: Parameters<typeof edit>[1]["job"] & object): Step => ({
  name: `${name}, without waiting`,
  act: (world) => edit(world, { job }),
  until: isInProgress,
});
const completeChange = (
  name: string,
  job: Parameters<typeof edit>[1]["job"] & object,
  edition: string,
): Step => ({
  name,
  act: (world) => edit(world, { job }),
  until: isRunning(`--edition;${edition}`),
  thenWaitMs: severalCheckpointsMs,
});

const startUpgrade = startChange("change the job's arguments", { args: ["--edition", "2"] });
const upgradeToThird = completeChange("change them again", { args: ["--edition", "3"] }, "3");
const startSuspend = startChange("suspend", { state: "suspended" });
const startResume = startChange("resume", { state: "running" });
const suspendAgain: Step = {
  name: "suspend instead",
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
const resumeSecond = completeChange("resume it", { state: "running" }, "2");

interface Variant {
  name: string;
  mode: UpgradeMode;
  /** Includes suspensions; a cancelled job is suspended in the same way as one with a savepoint. */
  withSuspensions: boolean;
  options?: { highAvailability: boolean };
  traits: Omit<Scenario, "name" | "steps">;
}
const variants: readonly Variant[] = [
  { name: "stateless", mode: "stateless", withSuspensions: false, traits: { ...healthy, stateful: false } },
  { name: "savepoint", mode: "savepoint", withSuspensions: true, traits: healthy },
  { name: "last-state", mode: "last-state", withSuspensions: true, traits: healthy },
  {
    name: "cancel",
    mode: "last-state",
    withSuspensions: false,
    options: withoutHa,
    traits: healthyWithoutHa,
  },
];

/** The spec changes again while the last change is still in progress, for each way to stop a job. */
export const workloads: readonly Scenario[] = variants.flatMap((variant): Scenario[] => {
  const { name, mode, options, traits, withSuspensions } = variant;
  const start = deploy(mode, options);
  const sequences: Record<string, readonly Step[]> = {
    "upgrade-edited": [startUpgrade, upgradeToThird],
    "upgrade-suspended": [startUpgrade, suspendAgain, resumeSecond],
    "upgrade-deleted": [startUpgrade, remove],
    ...(withSuspensions
      ? {
          "suspend-resumed": [startSuspend, resume],
          "resume-edited": [suspend, startResume, upgradeToThird],
          "resume-suspended": [suspend, startResume, suspendAgain, resume],
          "suspended-edited": [suspend, editSuspended, resumeSecond],
        }
      : {}),
  };
  return Object.entries(sequences).map(([sequence, steps]) => ({
    name: `midway-${sequence}-${name}`,
    steps: [start, ...steps],
    ...traits,
  }));
});
