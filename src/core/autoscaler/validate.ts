import { BuildError } from "../../config/buildError.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../config/operatorOptions/autoscaler.ts";
import type { Option } from "../../config/option.ts";
import { formatJavaDouble } from "../../config/values/javaDouble.ts";
import { validateExcludedPeriod } from "./decide/excludedPeriods.ts";

interface Range {
  readonly option: Option<number> | Option<number | undefined>;
  readonly min: number;
  readonly max: number;
  /** Only checked where this is switched on. */
  readonly needs?: Option<boolean>;
}

/** What is wrong with the value of an option. */
export type InvalidOption =
  | { readonly key: string; readonly min: number; readonly max: number }
  | { readonly key: string; readonly period: string; readonly error: string };

/**
 * The first invalid option of the autoscaler, by the rules of the Java operator (REFERENCE 1.23, rule 11). Undefined: none, or
 * the autoscaler is off. Some impossible values pass, as there: a parallelism below 1. Throws BuildError for a value that
 * cannot be parsed.
 */
export function findInvalidOption(config: FlinkConfig): InvalidOption | undefined {
  if (!config.get(autoscalerOptions.enabled)) return undefined;
  const outside = ranges(config).find(
    ({ option, min, max, needs }) =>
      (needs === undefined || config.get(needs)) &&
      !isWithin(config.get<number | undefined>(option as Option<number | undefined>), min, max),
  );
  if (outside !== undefined) return { key: outside.option.key, min: outside.min, max: outside.max };
  for (const period of config.get(autoscalerOptions.excludedPeriods) ?? []) {
    const error = validateExcludedPeriod(period);
    if (error !== undefined) return { key: autoscalerOptions.excludedPeriods.key, period, error };
  }
  return undefined;
}

const isWithin = (value: number | undefined, min: number, max: number): boolean =>
  value === undefined || (value >= min && value <= max);

/** The same in the words of the Java operator, for its events in a process of its own. */
export function describeInvalidOption(config: FlinkConfig): string | undefined {
  try {
    const found = findInvalidOption(config);
    if (found === undefined) return undefined;
    if ("error" in found) return found.error;
    const upper = found.max === Number.POSITIVE_INFINITY ? "+Infinity" : formatJavaDouble(found.max);
    return `The AutoScalerOption ${found.key} is invalid, it should be a value within the range [${formatJavaDouble(found.min)}, ${upper}]`;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return `Invalid value in the autoscaler config ${error.field}`;
  }
}

function ranges(config: FlinkConfig): readonly Range[] {
  const options = autoscalerOptions;
  const target = config.get(options.utilizationTarget);
  const infinite = Number.POSITIVE_INFINITY;
  return [
    { option: options.scaleDownMaxFactor, min: 0, max: infinite },
    { option: options.scaleUpMaxFactor, min: 0, max: infinite },
    { option: options.utilizationTarget, min: 0, max: 1 },
    { option: options.targetUtilizationBoundary, min: 0, max: infinite },
    { option: options.utilizationMax, min: target, max: 1 },
    { option: options.utilizationMin, min: 0, max: target },
    { option: options.memoryGcPressureThreshold, min: 0, max: 1 },
    { option: options.memoryHeapUsageThreshold, min: 0, max: 1 },
    {
      option: options.observedScalabilityCoefficientMin,
      min: 0.01,
      max: 1,
      needs: options.observedScalabilityEnabled,
    },
    { option: options.memoryTuningOverhead, min: 0, max: 1, needs: options.memoryTuningEnabled },
    {
      option: options.scalingEffectivenessThreshold,
      min: 0,
      max: 1,
      needs: options.scalingEffectivenessDetectionEnabled,
    },
  ];
}
