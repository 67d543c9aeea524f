import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { AutoscalerError } from "../model/autoscalerError.ts";
import { roundDecimal } from "../model/metrics.ts";
import { readOption } from "../model/readOption.ts";
import type { ScalingSummary } from "../model/state.ts";

/**
 * How much of a further subtask's capacity past scalings have brought, between the configured least and 1, in hundredths: the
 * line with the least squares through the rates by parallelism. 1 while there are too few. Throws AutoscalerError where
 * rates are infinite on both sides, which leaves no line.
 */
export function scalabilityCoefficient(history: readonly ScalingSummary[], config: FlinkConfig): number {
  if (
    history.length < Math.max(1, readOption(config, autoscalerOptions.observedScalabilityMinObservations))
  ) {
    return 1;
  }
  const baseline = baselineRate(history);
  if (Number.isNaN(baseline)) return 1;
  let products = 0;
  let squares = 0;
  for (const summary of history) {
    const { currentParallelism: parallelism } = summary;
    products += parallelism * rateOf(summary);
    squares += parallelism * parallelism;
  }
  const least = readOption(config, autoscalerOptions.observedScalabilityCoefficientMin);
  const coefficient = squares === 0 ? 1 : Math.max(least, Math.min(1, products / (squares * baseline)));
  if (Number.isNaN(coefficient)) {
    throw new AutoscalerError(
      'Character N is neither a decimal digit number, decimal point, nor "e" notation exponential mark.',
    );
  }
  return roundDecimal(coefficient, 2, "up");
}

const rateOf = ({ metrics }: ScalingSummary): number => metrics.TRUE_PROCESSING_RATE?.average ?? Number.NaN;

/** The rate of one subtask: of the newest scaling among those from the smallest parallelism. */
function baselineRate(history: readonly ScalingSummary[]): number {
  const smallest = Math.min(...history.map(({ currentParallelism }) => currentParallelism));
  const summary = history.findLast(({ currentParallelism }) => currentParallelism === smallest);
  return summary === undefined ? Number.NaN : rateOf(summary) / smallest;
}
