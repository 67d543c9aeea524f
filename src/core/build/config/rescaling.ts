import { type FlinkVersion, isAtLeast } from "../../../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { flinkOptions, isAdaptive } from "../../../config/flinkOptions.ts";
import { operatorOptions } from "../../../config/operatorOptions.ts";

const NO_WAIT = "0 ms";

/**
 * With the adaptive scheduler, a change of the parallelism begins at once where the slots are there, unless the user says
 * otherwise. The operator takes a checkpoint before it, so that Flink need not wait for one, which in Flink 2 has to complete after
 * the slots have come (docs/adr/0030). Not in standalone clusters, whose parallelism is not changed in place.
 */
export function withRescaling(config: FlinkConfig): FlinkConfig {
  const { rescaleCooldown, rescaleTriggerDelay, executionTarget, flinkVersion } = flinkOptions;
  const version = config.get(flinkVersion) as FlinkVersion;
  if (!isAdaptive(config) || config.get(executionTarget) === "remote" || !isAtLeast(version, "v1_19"))
    return config;
  if (!config.get(operatorOptions.inPlaceScaling)) return config;
  const isFlink2 = isAtLeast(version, "v2_0");
  const [nameBefore2 = ""] = rescaleCooldown.deprecatedKeys;
  const cooldown = isFlink2 ? rescaleCooldown.key : nameBefore2;
  return config.with({
    ...(config.isSet(rescaleCooldown) ? {} : { [cooldown]: NO_WAIT }),
    ...(isFlink2 && !config.isSet(rescaleTriggerDelay) ? { [rescaleTriggerDelay.key]: NO_WAIT } : {}),
  });
}
