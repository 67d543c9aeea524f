import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { formatJavaDouble } from "../../../config/values/javaDouble.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import { readOption } from "../model/readOption.ts";
import type { ScalingSummary } from "../model/state.ts";
import type { Vertex } from "../model/topology.ts";

/**
 * Whether the last scale-up of a vertex, to the parallelism that it has, brought less of the increase than the threshold. Then
 * one more is not expected to help either. `rate`: its true processing rate now.
 */
export function detectIneffectiveScaleUp(
  {
    vertex,
    history,
    config,
  }: { readonly vertex: Vertex; readonly history: readonly ScalingSummary[]; readonly config: FlinkConfig },
  rate: number,
): { readonly isBlocked: boolean; readonly events: readonly AutoscalerEvent[] } {
  const last = history.at(-1);
  if (
    last === undefined ||
    last.newParallelism !== vertex.parallelism ||
    last.newParallelism <= last.currentParallelism
  ) {
    return { isBlocked: false, events: [] };
  }
  const before = last.metrics.TRUE_PROCESSING_RATE?.average ?? Number.NaN;
  const expected = (last.metrics.EXPECTED_PROCESSING_RATE?.current ?? Number.NaN) - before;
  const actual = rate - before;
  if (actual / expected >= readOption(config, autoscalerOptions.scalingEffectivenessThreshold)) {
    return { isBlocked: false, events: [] };
  }
  const isBlocked = readOption(config, autoscalerOptions.scalingEffectivenessDetectionEnabled);
  const event: AutoscalerEvent = {
    type: "Normal",
    reason: "IneffectiveScaling",
    message:
      `Ineffective scaling detected for ${vertex.id} (expected increase: ${formatJavaDouble(expected)}, ` +
      `actual increase ${formatJavaDouble(actual)}). Blocking of ineffective scaling decisions is ${isBlocked ? "enabled" : "disabled"}`,
    key: `ineffective${vertex.id}${formatJavaDouble(expected)}`,
    intervalMs: readOption(config, autoscalerOptions.scalingEventInterval),
  };
  return { isBlocked, events: [event] };
}
