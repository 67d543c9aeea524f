import { BuildError } from "../../config/buildError.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../config/operatorOptions/autoscaler.ts";
import type { Option } from "../../config/option.ts";
import { formatJavaDouble } from "../../config/values/javaDouble.ts";
import { excludedPeriods, validateExcludedPeriod } from "./decide/excludedPeriods.ts";

interface Range {
  readonly option: Option<number> | Option<number | undefined>;
  readonly min: number;
  readonly max: number;
  /** Only checked where this is switched on. */
  readonly needs?: Option<boolean>;
}

/**
 * The first thing that is wrong with the options of the autoscaler, in the words of the Java operator. Undefined: nothing, or
 * the autoscaler is off. Some impossible values pass, as there: a window of 0, or a parallelism below 1.
 */
export function validateAutoscaler(config: FlinkConfig): string | undefined {
  try {
    if (!config.get(autoscalerOptions.enabled)) return undefined;
    const outside = ranges(config).find(
      ({ option, min, max, needs }) =>
        (needs === undefined || config.get(needs)) &&
        !isWithin(config.get<number | undefined>(option as Option<number | undefined>), min, max),
    );
    if (outside !== undefined) return describe(outside);
    for (const period of excludedPeriods(config)) {
      const error = validateExcludedPeriod(period);
      if (error !== undefined) return error;
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return `Invalid value in the autoscaler config ${error.field}`;
  }
}

const isWithin = (value: number | undefined, min: number, max: number): boolean =>
  value === undefined || (value >= min && value <= max);

const describe = ({ option, min, max }: Range): string => {
  const upper = max === Number.POSITIVE_INFINITY ? "+Infinity" : formatJavaDouble(max);
  return `The AutoScalerOption ${option.key} is invalid, it should be a value within the range [${formatJavaDouble(min)}, ${upper}]`;
};

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
