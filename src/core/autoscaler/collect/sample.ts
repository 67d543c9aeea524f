import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { type MetricValues, roundMetric, type SampleHistory } from "../model/metrics.ts";
import { readOption, readSeconds } from "../model/readOption.ts";
import { isSource, type Vertex } from "../model/topology.ts";
import { averageOf } from "../model/window.ts";
import type { Aggregates } from "./answers.ts";
import {
  aggregateOf,
  flinkMetrics,
  gcTime,
  missingMetric,
  slotMetrics,
  taskManagerMetrics,
} from "./requiredMetrics.ts";

const zero = { min: 0, max: 0, avg: 0, sum: 0 };

/** What a finished vertex counts as: it neither reads nor waits for anything. */
export const finishedMetrics: Aggregates = new Map(
  ["busyTimeMsPerSecond", "backPressuredTimeMsPerSecond", "numRecordsInPerSecond"]
    .concat([
      "Source__.numRecordsInPerSecond",
      "Source__.numRecordsIn",
      "Source__.numRecordsOut",
      "Source__.pendingRecords",
    ])
    .map((name) => [name, zero]),
);

/** The sample of one vertex (REFERENCE 1.29, AUTOSCALER 2 and 4), rounded. LOAD is NaN if the busy time is not known. */
export function sampleVertex(
  vertex: Vertex,
  values: Aggregates,
  history: SampleHistory,
  config: FlinkConfig,
): MetricValues {
  const busyTime = busyTimeOf(vertex, values, config);
  const io = vertex.isFinished
    ? { recordsIn: 0, recordsOut: 0, accumulatedBusyTime: 0 }
    : {
        recordsIn: vertex.recordsIn,
        recordsOut: vertex.recordsOut,
        accumulatedBusyTime: vertex.accumulatedBusyTime,
      };
  const sample: Partial<Record<keyof MetricValues, number>> = {
    ACCUMULATED_BUSY_TIME: io.accumulatedBusyTime,
    LOAD: busyTime / 1_000,
    NUM_RECORDS_OUT: io.recordsOut,
  };
  if (isSource(vertex)) {
    sample.LAG = aggregateOf(flinkMetrics.pendingRecords, values)?.sum ?? 0;
    sample.NUM_RECORDS_IN = sourceRecordsIn(io.recordsIn, values);
    sample.OBSERVED_TPR = observedRate(vertex, sample.LAG, values, history, config);
  } else {
    sample.NUM_RECORDS_IN = io.recordsIn;
    const rate = aggregateOf(flinkMetrics.recordsInPerSecond, values)?.sum;
    if (rate !== undefined) sample.NUM_RECORDS_IN_PER_SECOND = rate;
  }
  return Object.fromEntries(Object.entries(sample).map(([name, value]) => [name, roundMetric(value)]));
}

/** A vertex had the metric when the names were asked for, so that it is missing now is an error like then. */
function busyTimeOf({ id }: Vertex, values: Aggregates, config: FlinkConfig): number {
  const aggregators = { MAX: "max", MIN: "min", AVG: "avg" } as const;
  const aggregator = aggregators[readOption(config, autoscalerOptions.metricsBusyTimeAggregator)];
  const busyTime = aggregateOf(flinkMetrics.busyTime, values)?.[aggregator];
  if (busyTime === undefined) throw missingMetric(flinkMetrics.busyTime, id);
  return Number.isFinite(busyTime) ? Math.max(0, busyTime) : Number.NaN;
}

/** A vertex counts what it reads over the network, so a source has other metrics; old sources count only what they emit. */
function sourceRecordsIn(recordsIn: number, values: Aggregates): number {
  if (recordsIn > 0) return recordsIn;
  const read = aggregateOf(flinkMetrics.sourceRecordsIn, values)?.sum;
  if (read !== undefined && read !== 0) return Math.max(0, read);
  return Math.max(0, aggregateOf(flinkMetrics.sourceRecordsOut, values)?.sum ?? Number.NaN);
}

/**
 * The rate at which a source would read if nothing held it up. Only a source that catches up shows it; otherwise the mean of
 * what it showed earlier in the window counts again.
 */
function observedRate(
  { id }: Vertex,
  lag: number,
  values: Aggregates,
  history: SampleHistory,
  config: FlinkConfig,
): number {
  const rate = Math.max(0, aggregateOf(flinkMetrics.sourceRecordsInPerSecond, values)?.sum ?? Number.NaN);
  if (rate === 0) return Number.POSITIVE_INFINITY;
  const threshold = readSeconds(config, autoscalerOptions.observedTrueProcessingRateLagThreshold);
  if (lag >= threshold * rate) {
    const backPressured = (aggregateOf(flinkMetrics.backPressure, values)?.avg ?? Number.NaN) / 1_000;
    return backPressured < 1 ? rate / (1 - backPressured) : Number.NaN;
  }
  const least = readOption(config, autoscalerOptions.observedTrueProcessingRateMinObservations);
  return averageOf("OBSERVED_TPR", id, history, least);
}

/** What the sample says of the whole cluster, not rounded. Absent: Flink did not say. */
export function sampleCluster(
  jobManager: ReadonlyMap<string, number>,
  taskManagers: Aggregates,
): MetricValues {
  const largest = (name: string) => taskManagers.get(name)?.max;
  const [total, available] = [jobManager.get(slotMetrics.total), jobManager.get(slotMetrics.available)];
  const heapMax = largest(taskManagerMetrics.heapMax);
  const heapUsed = largest(taskManagerMetrics.heapUsed);
  const gc = largest(gcTime);
  const all: Readonly<Record<string, number | undefined>> = {
    GC_PRESSURE: gc === undefined ? undefined : gc / 1_000,
    HEAP_MAX_USAGE_RATIO: heapMax === undefined || heapUsed === undefined ? undefined : heapUsed / heapMax,
    HEAP_MEMORY_USED: heapUsed,
    MANAGED_MEMORY_USED: largest(taskManagerMetrics.managedUsed),
    METASPACE_MEMORY_USED: largest(taskManagerMetrics.metaspaceUsed),
    NUM_TASK_SLOTS_USED: total === undefined || available === undefined ? undefined : total - available,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
