/** Rule 3 of REFERENCE 1.23, and further rules for the configuration. */
import { isAtLeast } from "../../api/v1beta1/flinkdeployment.ts";
import { BuildError } from "../../config/buildError.ts";
import { isOperatorKey } from "../../config/defaultConfig.ts";
import { type Cluster, deriveConfig } from "../../config/deriveConfig.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions, isHighAvailabilityEnabled } from "../../config/flinkOptions.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import { describeOverlaps } from "../../config/overlappingKeys.ts";
import { type Check, runCheck } from "./check.ts";

const ownedByOperator = ["kubernetes.namespace", "kubernetes.cluster-id", "high-availability.cluster-id"];

export const ownedKeysUnset: Check = ({ config }) => {
  const key = ownedByOperator.find((candidate) => config.entries.has(candidate));
  return key === undefined
    ? undefined
    : { field: key, message: "must not be set: the operator sets it from the resource's name and namespace" };
};

const optionsOfResources = [...Object.values(flinkOptions), ...Object.values(operatorOptions)].filter(
  ({ scope }) => scope !== "operator",
);

/** Every option that the operator reads for a resource has a valid value. */
export const optionValues: Check = ({ config }) => {
  for (const option of optionsOfResources) {
    const error = runCheck(() => {
      config.get<unknown>(option);
      return undefined;
    });
    if (error !== undefined) return error;
  }
  return undefined;
};

/** Flink rejects a shorter one only when the job starts, which then fails. */
const shortestCheckpointIntervalMs = 10;

export const checkpointIntervalPossible: Check = ({ config }) => {
  const interval = config.get(flinkOptions.checkpointInterval);
  return interval === undefined || interval >= shortestCheckpointIntervalMs
    ? undefined
    : {
        field: flinkOptions.checkpointInterval.key,
        message: `must be ${shortestCheckpointIntervalMs} ms or more; leave it out for a job without checkpoints`,
      };
};

const highestParallelism = 32_768;

/** Flink reads them when the job starts, and fails it. */
export const parallelismOverridesPossible: Check = ({ config }) => {
  const { parallelismOverrides } = flinkOptions;
  const wrong = [...(config.get(parallelismOverrides) ?? [])].find(
    ([, value]) => !/^\d{1,5}$/.test(value.trim()) || Number(value) < 1 || Number(value) > highestParallelism,
  );
  return (
    wrong && {
      field: parallelismOverrides.key,
      message: `the parallelism of the vertex ${wrong[0]} is ${JSON.stringify(wrong[1])}: it must be a whole number from 1 to ${highestParallelism}`,
    }
  );
};

/** Kubernetes rejects an empty mount path, but names the pod and not the key. */
export const directoriesNamed: Check = ({ config }) => {
  const blank = [flinkOptions.userArtifactsDirectory, flinkOptions.confDirectory].find(
    (option) => config.get(option).trim() === "",
  );
  return blank && { field: blank.key, message: `is blank: name a directory, such as ${blank.default}` };
};

/** Snapshot paths are passed on in files with one value per line. */
export const stateDirectoriesAreOneLine: Check = ({ config }) => {
  const broken = [flinkOptions.savepointsDirectory, flinkOptions.checkpointsDirectory].find((option) =>
    /[\r\n]/.test(config.get(option) ?? ""),
  );
  return broken && { field: broken.key, message: "has a line break in it: write one directory" };
};

export const rollbackHasHighAvailability: Check = ({ config }) =>
  config.get(operatorOptions.rollback) && !isHighAvailabilityEnabled(config)
    ? {
        field: operatorOptions.rollback.key,
        message: `needs high availability: set ${flinkOptions.highAvailability.key} to kubernetes`,
      }
    : undefined;

export const healthCheckHasRecovery: Check = ({ config }) =>
  config.get(operatorOptions.healthCheck) && !config.get(operatorOptions.jobManagerRecovery)
    ? {
        field: operatorOptions.healthCheck.key,
        message: `needs ${operatorOptions.jobManagerRecovery.key} to be true`,
      }
    : undefined;

/** A JobManager of any other cluster ends as soon as it reads the option. */
export const reactiveFits: Check = ({ spec, config }) =>
  config.get(flinkOptions.schedulerMode) === "REACTIVE" &&
  (spec.mode !== "standalone" || spec.job === undefined)
    ? {
        field: flinkOptions.schedulerMode.key,
        message:
          "REACTIVE is for applications in standalone mode: set spec.mode to standalone, or leave the key out",
      }
    : undefined;

/**
 * Flink 2 reads a nested file, in which a key cannot have both a value and nested keys (NATIVE 5). Checked with the keys
 * that the operator adds, so that all pairs are reported at once.
 */
export const keysDoNotOverlap: Check = ({ name, spec, config }) => {
  if (spec.flinkVersion === undefined || !isAtLeast(spec.flinkVersion, "v2_0")) return undefined;
  const overlaps = describeOverlaps(
    submittedKeys(config, { name, namespace: "default", spec }).filter((key) => !isOperatorKey(key)),
  );
  return overlaps && { field: "spec.flinkConfiguration", message: overlaps.message };
};

/** If nothing can be derived from the spec, another check reports the problem. */
function submittedKeys(config: FlinkConfig, cluster: Cluster): string[] {
  try {
    return [...deriveConfig(config, cluster).entries.keys()];
  } catch (error) {
    if (error instanceof BuildError) return [...config.entries.keys()];
    throw error;
  }
}
