import {
  isSupportedFlinkVersion,
  isTestedFlinkVersion,
  testedFlinkVersionsInWords,
} from "../../api/v1beta1/common.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";
import { autoscalerOptions } from "../../config/operatorOptions/autoscaler.ts";
import { alignmentModes } from "../autoscaler/decide/alignment.ts";
import type { Reason } from "../reasons.ts";

/** A notice about a legal setting that does not do, or may not do, what the user expects. */
export interface Notice {
  readonly reason: Extract<Reason, `${string}HasNoEffect` | "FlinkVersionNotTested">;
  readonly message: string;
}

/** The notice about a version of Flink that is accepted and not tested. */
export const noticeOfVersion = (version: string | undefined): Notice | undefined =>
  isSupportedFlinkVersion(version) && !isTestedFlinkVersion(version)
    ? {
        reason: "FlinkVersionNotTested",
        message: `Flink ${version} is accepted, but this operator is not tested with it. It is tested with ${testedFlinkVersionsInWords}.`,
      }
    : undefined;

/**
 * Whether Flink ignores the parallelism that the autoscaler decides on: in application mode Flink 2 does not read
 * `pipeline.jobvertex-parallelism-overrides` when it starts a job (FLINK-38770). The adaptive scheduler can be asked in place.
 */
export const ignoresOverrides = (config: FlinkConfig): boolean =>
  config.get(flinkOptions.executionTarget) === "kubernetes-application" &&
  /^v[2-9]_/.test(config.get(flinkOptions.flinkVersion) ?? "") &&
  config.get(flinkOptions.scheduler)?.toLowerCase() !== "adaptive";

/** Why something of the autoscaler has no effect, in a sentence. Undefined: all has, or the autoscaler is off. */
export function autoscalerLimit(config: FlinkConfig): string | undefined {
  if (!config.get(autoscalerOptions.enabled)) return undefined;
  if (ignoresOverrides(config))
    return (
      `${autoscalerOptions.enabled.key} only reports: in application mode Flink 2 ignores ` +
      `${flinkOptions.parallelismOverrides.key} (FLINK-38770); set ${flinkOptions.scheduler.key}: adaptive, or use a session job.`
    );
  const option = autoscalerPluginOption(config);
  return option === undefined
    ? undefined
    : `${option} has no effect: it names a plugin of the Java operator, and this operator runs no Java classes. The autoscaler decides without it; a CEL expression can take its place (docs/autoscaler.md).`;
}

/** The option of the autoscaler that names a plugin of the Java operator. Undefined: none does. */
export function autoscalerPluginOption(config: FlinkConfig): string | undefined {
  const {
    metricsCustomEvaluators,
    scalingCustomExecutors,
    scalingParallelismAlignmentMode: mode,
  } = autoscalerOptions;
  const named = [metricsCustomEvaluators, scalingCustomExecutors].find(
    (option) => (config.get(option) ?? []).length > 0,
  );
  return named?.key ?? (alignmentModes.includes(config.get(mode)) ? undefined : mode.key);
}

/** The notice about what of the autoscaler has no effect. `message`: says it (`autoscalerLimit`). */
export const noticeOfAutoscaler = (message: string | undefined): Notice | undefined =>
  message === undefined ? undefined : { reason: "AutoscalerHasNoEffect", message };
