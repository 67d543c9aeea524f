import { javaHashCode } from "../../../api/javaHash.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { excludedPeriods, isInExcludedPeriod } from "../decide/excludedPeriods.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import { roundDecimal, type VertexId } from "../model/metrics.ts";
import { readOption } from "../model/readOption.ts";
import type { ScalingSummary } from "../model/state.ts";

type Summaries = ReadonlyMap<VertexId, ScalingSummary>;

const key = "ScalingExecutor";

/** The event of a scaling that is done. `intervalMs` undefined: it is repeated for each. */
export const scalingReport = (summaries: Summaries, intervalMs?: number): AutoscalerEvent => ({
  type: "Normal",
  reason: "ScalingReport",
  message: `Scaling execution enabled, begin scaling vertices:${describe(summaries)}`,
  key,
  ...(intervalMs === undefined ? {} : { intervalMs }),
});

/** The event if the configuration says that nothing is scaled now. Throws AutoscalerError for a period that is none. */
export function blockedScaling(
  summaries: Summaries,
  now: number,
  config: FlinkConfig,
): AutoscalerEvent | undefined {
  const { scalingEnabled, excludedPeriods: periods } = autoscalerOptions;
  const isExcluded = isInExcludedPeriod(now, config);
  const isEnabled = readOption(config, scalingEnabled);
  if (isEnabled && !isExcluded) return undefined;
  const why = isEnabled
    ? `${periods.key}:[${excludedPeriods(config).join(", ")}]`
    : `${scalingEnabled.key}:false`;
  return {
    type: "Normal",
    reason: "ScalingReport",
    message: `Scaling execution disabled by config ${why}, recommended parallelism change:${describe(summaries)}`,
    key,
    intervalMs: readOption(config, autoscalerOptions.scalingEventInterval),
    changeHash: hashOfChanges(summaries),
  };
}

const describe = (summaries: Summaries): string =>
  [...summaries]
    .map(([vertex, { currentParallelism, newParallelism, metrics }]) => {
      const [rate, expected, target] = [
        metrics.TRUE_PROCESSING_RATE?.average,
        metrics.EXPECTED_PROCESSING_RATE?.current,
        metrics.TARGET_DATA_RATE?.average,
      ].map((value) => twoDecimals(value ?? Number.NaN));
      return (
        `{ Vertex ID ${vertex} | Parallelism ${currentParallelism} -> ${newParallelism} | ` +
        `Processing capacity ${rate} -> ${expected} | Target data rate ${target}}`
      );
    })
    .join("");

/** Like Java's %.2f. */
function twoDecimals(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const rounded = roundDecimal(value, 2, "half");
  return Math.abs(rounded) < 1e21 ? rounded.toFixed(2) : `${BigInt(rounded)}.00`;
}

/** The same text for the same changes: Java's hash of a map from vertex to change, without its sign bit. */
export function hashOfChanges(
  changes: ReadonlyMap<VertexId, Pick<ScalingSummary, "currentParallelism" | "newParallelism">>,
): string {
  let hash = 0;
  for (const [vertex, { currentParallelism, newParallelism }] of changes) {
    const change = `Parallelism ${currentParallelism} -> ${newParallelism}`;
    hash = (hash + (javaHashCode(vertex) ^ javaHashCode(change))) | 0;
  }
  return String(hash & 0x7fffffff);
}
