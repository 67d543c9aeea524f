import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import type { SampleHistory, VertexId } from "../model/metrics.ts";
import { readOption } from "../model/readOption.ts";
import type { Vertex } from "../model/topology.ts";
import { averageOf, rateOf } from "../model/window.ts";

/** How busy each subtask of a vertex was in the window, in milliseconds per second. NaN: not known. */
export function busyTime(vertex: Vertex, history: SampleHistory, config: FlinkConfig): number {
  return readOption(config, autoscalerOptions.metricsBusyTimeAggregator) === "AVG"
    ? rateOf("ACCUMULATED_BUSY_TIME", vertex.id, history) / vertex.parallelism
    : averageOf("LOAD", vertex.id, history) * 1_000;
}

/**
 * The records per second that a vertex would process if it were always busy: by its busy time, or for a source by what it was
 * seen to read while it caught up, where that is less. Infinity: it is never busy. NaN: not known.
 */
export function trueProcessingRate(
  { id }: Vertex,
  busyMsPerSecond: number,
  history: SampleHistory,
  config: FlinkConfig,
): number {
  const byBusyTime = rateByBusyTime(id, busyMsPerSecond, history, config);
  const least = readOption(config, autoscalerOptions.observedTrueProcessingRateMinObservations);
  const observed = averageOf("OBSERVED_TPR", id, history, least);
  if (!Number.isFinite(byBusyTime)) return Number.isNaN(observed) ? byBusyTime : observed;
  const threshold = 1 + readOption(config, autoscalerOptions.observedTrueProcessingRateSwitchThreshold);
  return byBusyTime > observed * threshold ? observed : byBusyTime;
}

function rateByBusyTime(
  id: VertexId,
  busyMsPerSecond: number,
  history: SampleHistory,
  config: FlinkConfig,
): number {
  const rate = processedRate(id, history, config);
  return rate === 0 ? Number.POSITIVE_INFINITY : rate / (busyMsPerSecond / 1_000);
}

/** Sources have no gauge of the rate, so the counter tells. */
function processedRate(id: VertexId, history: SampleHistory, config: FlinkConfig): number {
  const byCounter = rateOf("NUM_RECORDS_IN", id, history);
  if (readOption(config, autoscalerOptions.metricsBusyTimeAggregator) === "AVG") return byCounter;
  const byGauge = averageOf("NUM_RECORDS_IN_PER_SECOND", id, history);
  return Number.isFinite(byGauge) ? byGauge : byCounter;
}
