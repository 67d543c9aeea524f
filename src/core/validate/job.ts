/** Rule 6 of REFERENCE 1.23: the job. */
import type { UpgradeMode } from "../../api/v1beta1/flinkdeployment.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import type { Option } from "../../config/option.ts";
import { requireJar } from "../build/jar.ts";
import { type Check, type Input, isBlank } from "./check.ts";
import type { ValidationError } from "./validationError.ts";

/** These keys work in every version of Flink; since 1.20 each has a newer name. */
const checkpointsKey = "state.checkpoints.dir";
const savepointsKey = "state.savepoints.dir";

/** A blank value under the newer name of a directory prevents Flink from reading the older one. */
const blankDirectory = (
  { config }: Input,
  option: Option<string | undefined>,
): ValidationError | undefined =>
  config.entries.has(option.key)
    ? { field: option.key, message: "is blank: name a directory, or leave the key out" }
    : undefined;

const upgradeMode = ({ spec }: Input): UpgradeMode => spec.job?.upgradeMode ?? "stateless";

export const statefulJobHasCheckpointsDirectory: Check = (input) =>
  input.spec.job !== undefined &&
  upgradeMode(input) !== "stateless" &&
  isBlank(input.config.get(flinkOptions.checkpointsDirectory))
    ? (blankDirectory(input, flinkOptions.checkpointsDirectory) ?? {
        field: "spec.job.upgradeMode",
        message: `${upgradeMode(input)} needs a place for checkpoints: set ${checkpointsKey} in spec.flinkConfiguration`,
      })
    : undefined;

/** The first setting of the job that takes a savepoint. */
function savepointSetting(input: Input): { field: string; setting: string } | undefined {
  const { spec, config } = input;
  if (upgradeMode(input) === "savepoint") return { field: "spec.job.upgradeMode", setting: "savepoint" };
  if (spec.job?.savepointTriggerNonce !== undefined)
    return { field: "spec.job.savepointTriggerNonce", setting: "a triggered savepoint" };
  if ((config.get(operatorOptions.periodicSavepointInterval) ?? "off") !== "off")
    return { field: operatorOptions.periodicSavepointInterval.key, setting: "a periodic savepoint" };
  if (config.get(operatorOptions.lastStateMaxCheckpointAge) !== undefined)
    return {
      field: operatorOptions.lastStateMaxCheckpointAge.key,
      setting: "a savepoint instead of an old checkpoint",
    };
  return undefined;
}

export const savepointsHaveDirectory: Check = (input) => {
  if (input.spec.job === undefined || !isBlank(input.config.get(flinkOptions.savepointsDirectory)))
    return undefined;
  const required = savepointSetting(input);
  return (
    required &&
    (blankDirectory(input, flinkOptions.savepointsDirectory) ?? {
      field: required.field,
      message: `${required.setting} needs a place to go: set ${savepointsKey} in spec.flinkConfiguration`,
    })
  );
};

/** Flink's maximum number of key groups. It rejects a job with more subtasks. */
const highestParallelism = 32_768;

/** Number of TaskManagers times slots, or else the job's own parallelism. */
export const jobHasParallelism: Check = ({ spec, config }) => {
  if (spec.job === undefined) return undefined;
  const replicas = spec.taskManager?.replicas;
  if (replicas !== undefined) {
    const slots = config.get(flinkOptions.taskSlots);
    const field = "spec.taskManager.replicas";
    if (replicas < 1) return { field, message: `must be 1 or more, not ${replicas}` };
    return replicas * slots > highestParallelism
      ? { field, message: `times ${slots} slots must be at most ${highestParallelism}, not ${replicas}` }
      : undefined;
  }
  const parallelism = spec.job.parallelism ?? 0;
  const field = "spec.job.parallelism";
  if (parallelism > highestParallelism)
    return { field, message: `must be at most ${highestParallelism}, not ${parallelism}` };
  return parallelism < 1
    ? { field, message: `must be 1 or more, not ${parallelism}, unless spec.taskManager.replicas is set` }
    : undefined;
};

/** In standalone mode the image may contain the job, in /opt/flink/usrlib. */
export const jarNamed: Check = ({ spec }) => {
  if (spec.mode !== "standalone") requireJar(spec.job);
  return undefined;
};
