import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { evaluateByExpression } from "../expressions/points.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import {
  average,
  current,
  currentAndAverage,
  type EvaluatedMetrics,
  type EvaluatedValues,
  type MetricName,
  type SampleHistory,
  type VertexId,
} from "../model/metrics.ts";
import { readOption, readSeconds } from "../model/readOption.ts";
import { isSource, type Topology, type Vertex } from "../model/topology.ts";
import { averageOf, rateOf } from "../model/window.ts";
import { capacityFor } from "./capacity.ts";
import { busyTime, trueProcessingRate } from "./processingRate.ts";
import { targetRates } from "./targetRate.ts";

/**
 * What the samples of the window say of each vertex and of the cluster (REFERENCE 1.29, AUTOSCALER 4). `history` holds at
 * least one sample. `events`: gets what the expression of the configuration could not evaluate. Throws AutoscalerError.
 */
export function evaluate(
  topology: Topology,
  history: SampleHistory,
  restartSeconds: number,
  config: FlinkConfig,
  events: AutoscalerEvent[] = [],
): EvaluatedMetrics {
  const hasBacklog = isProcessingBacklog(topology, history, config);
  const vertices = new Map<VertexId, EvaluatedValues>();
  for (const vertex of topology.values()) {
    const measured = evaluateVertex(vertex, topology, history, vertices, hasBacklog, restartSeconds, config);
    const { metrics, event } = evaluateByExpression(vertex, measured, config);
    vertices.set(vertex.id, metrics);
    if (event !== undefined) events.push(event);
  }
  return { vertices, global: evaluateCluster(history) };
}

/** Some source lags further behind than the threshold, measured in its own input. */
function isProcessingBacklog(topology: Topology, history: SampleHistory, config: FlinkConfig): boolean {
  const threshold = readSeconds(config, autoscalerOptions.backlogProcessingLagThreshold);
  const latest = [...history.values()].at(-1);
  return [...topology.values()].filter(isSource).some(({ id }) => {
    const lag = latest?.vertices.get(id)?.LAG ?? Number.NaN;
    return lag / rateOf("NUM_RECORDS_IN", id, history) > threshold;
  });
}

function evaluateVertex(
  vertex: Vertex,
  topology: Topology,
  history: SampleHistory,
  evaluated: ReadonlyMap<VertexId, EvaluatedValues>,
  hasBacklog: boolean,
  restartSeconds: number,
  config: FlinkConfig,
): EvaluatedValues {
  const latest = [...history.values()].at(-1)?.vertices.get(vertex.id) ?? {};
  const rates = targetRates(vertex, latest, history, topology, evaluated, config);
  const busy = busyTime(vertex, history, config);
  const demand = {
    target: rates.TARGET_DATA_RATE?.average ?? Number.NaN,
    catchUp: rates.CATCH_UP_DATA_RATE?.current ?? Number.NaN,
  };
  const bounds = hasBacklog ? { upper: 1, lower: 0 } : utilizationBounds(config);
  return {
    ...rates,
    TRUE_PROCESSING_RATE: average(trueProcessingRate(vertex, busy, history, config)),
    LOAD: average(busy / 1_000),
    ...(latest.LAG === undefined ? {} : { LAG: current(latest.LAG) }),
    PARALLELISM: current(vertex.parallelism),
    MAX_PARALLELISM: current(vertex.maxParallelism),
    NUM_SOURCE_PARTITIONS: current(vertex.partitions),
    SCALE_UP_RATE_THRESHOLD: current(
      capacityFor({ ...demand, restartSeconds: undefined }, bounds.upper, config),
    ),
    SCALE_DOWN_RATE_THRESHOLD: current(capacityFor({ ...demand, restartSeconds }, bounds.lower, config)),
  };
}

function utilizationBounds(config: FlinkConfig): { readonly upper: number; readonly lower: number } {
  const target = readOption(config, autoscalerOptions.utilizationTarget);
  const boundary = readOption(config, autoscalerOptions.targetUtilizationBoundary);
  return {
    upper: readOption(config, autoscalerOptions.utilizationMax) ?? target + boundary,
    lower: readOption(config, autoscalerOptions.utilizationMin) ?? target - boundary,
  };
}

function evaluateCluster(history: SampleHistory): EvaluatedValues {
  const latest = [...history.values()].at(-1)?.global ?? {};
  const newest = (metric: MetricName) => latest[metric] ?? Number.NaN;
  const both = (metric: MetricName) =>
    currentAndAverage(newest(metric), averageOf(metric, undefined, history));
  return {
    GC_PRESSURE: current(newest("GC_PRESSURE")),
    HEAP_MAX_USAGE_RATIO: both("HEAP_MAX_USAGE_RATIO"),
    HEAP_MEMORY_USED: both("HEAP_MEMORY_USED"),
    MANAGED_MEMORY_USED: both("MANAGED_MEMORY_USED"),
    METASPACE_MEMORY_USED: both("METASPACE_MEMORY_USED"),
    NUM_TASK_SLOTS_USED: current(newest("NUM_TASK_SLOTS_USED")),
  };
}
