import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { alignByExpression } from "../expressions/points.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import { readOption } from "../model/readOption.ts";
import type { Unaligned } from "../model/unaligned.ts";

export interface Aligned {
  readonly parallelism: number;
  readonly events: readonly AutoscalerEvent[];
}

/**
 * Fits a parallelism to the partitions of a source or the key groups of a keyed vertex, so that each subtask has about as
 * many. Other vertices keep it.
 */
export function align(unaligned: Unaligned, config: FlinkConfig): Aligned {
  const { target, partitions, maxParallelism, shipStrategies } = unaligned;
  const byExpression = alignByExpression(unaligned, config);
  if (byExpression !== undefined) return { parallelism: byExpression, events: [] };
  if (partitions <= 0 && !shipStrategies.includes("HASH")) return { parallelism: target, events: [] };
  const units = partitions > 0 ? partitions : maxParallelism;
  const { scalingKeyGroupPartitionsAdjustMode: legacy, scalingParallelismAlignmentMode: mode } =
    autoscalerOptions;
  if (!config.isSet(mode) && config.isSet(legacy)) {
    return alignAsBefore(
      unaligned,
      units,
      readOption(config, legacy),
      readOption(config, autoscalerOptions.scalingEventInterval),
    );
  }
  const isAligned = modes.get(readOption(config, mode)) ?? isBalanced;
  const found = firstFrom(
    target,
    target > unaligned.current
      ? Math.min(units, maxParallelism, unaligned.upper)
      : Math.min(unaligned.current, units, maxParallelism, unaligned.upper),
    (parallelism) => isAligned(units, parallelism, target),
  );
  return { parallelism: found ?? target, events: [] };
}

type Test = (units: number, parallelism: number, target: number) => boolean;

const isEvenlySpread: Test = (units, parallelism) => units % parallelism === 0;
/** Also where the fullest subtask has fewer units than it would have with the target. */
const isBalanced: Test = (units, parallelism, target) =>
  isEvenlySpread(units, parallelism, target) || perSubtask(units, parallelism) < perSubtask(units, target);

/** Any other name, as that of a plugin, counts as BALANCED. */
const modes = new Map<string, Test>([
  ["BALANCED", isBalanced],
  ["EVENLY_SPREAD", isEvenlySpread],
  ["OFF", (_, parallelism, target) => parallelism === target],
]);

/** The modes that are no plugins. */
export const alignmentModes: readonly string[] = [...modes.keys()];

const perSubtask = (units: number, parallelism: number): number => Math.trunc(units / parallelism);

function firstFrom(from: number, to: number, test: (parallelism: number) => boolean): number | undefined {
  for (let parallelism = from; parallelism <= to; parallelism++) if (test(parallelism)) return parallelism;
  return undefined;
}

/** The modes of the older key: where nothing above fits they go down, or do not scale, and say so. */
function alignAsBefore(
  unaligned: Unaligned,
  units: number,
  mode: "EVENLY_SPREAD" | "MAXIMIZE_UTILISATION",
  intervalMs: number,
): Aligned {
  const { vertex, current, target, lower, upper, maxParallelism } = unaligned;
  const limit = Math.min(maxParallelism, upper);
  const found = firstFrom(
    target,
    Math.min(units, limit),
    (parallelism) =>
      units % parallelism === 0 ||
      (mode === "MAXIMIZE_UTILISATION" && perSubtask(units, parallelism) < perSubtask(units, target)),
  );
  if (found !== undefined) return { parallelism: found, events: [] };
  let below = target;
  while (below > lower && units % below !== 0 && perSubtask(units, below) <= perSubtask(units, target))
    below--;
  if (below > lower && below < target && units % below !== 0) below++;
  const parallelism = Math.max(below, lower);
  const turnsBack = parallelism === current || target > current !== parallelism > current;
  const result = turnsBack ? current : parallelism;
  if (result === target) return { parallelism: result, events: [] };
  const event: AutoscalerEvent = {
    type: "Warning",
    reason: "ScalingLimited",
    message:
      `Scaling limited detected for ${vertex} (expected parallelism: ${target}, actual parallelism ${result}). ` +
      `Scaling limited due to numKeyGroupsOrPartitions : ${units}，` +
      `upperBoundForAlignment(maxParallelism or parallelismUpperLimit): ${limit}, parallelismLowerLimit: ${lower}.`,
    key: `ScalingLimited${vertex}`,
    intervalMs,
  };
  return { parallelism: result, events: [event] };
}
