import { AutoscalerError, NotReady } from "../model/autoscalerError.ts";
import type { VertexId } from "../model/metrics.ts";
import type { Aggregate, Aggregates } from "./answers.ts";

/** A metric of Flink that the autoscaler reads of a vertex. `name` is the Java operator's, for its error message. */
export interface FlinkMetric {
  readonly name: string;
  readonly isRequired: boolean;
  readonly matches: (metric: string) => boolean;
}

const sourceTask = (suffix: string) => (metric: string) =>
  metric.startsWith("Source__") && metric.endsWith(`.${suffix}`);

const declare = (name: string, isRequired: boolean, matches: FlinkMetric["matches"]): FlinkMetric => ({
  name,
  isRequired,
  matches,
});

export const flinkMetrics = {
  busyTime: declare("BUSY_TIME_PER_SEC", true, (metric) => metric === "busyTimeMsPerSecond"),
  recordsInPerSecond: declare(
    "NUM_RECORDS_IN_PER_SEC",
    false,
    (metric) => metric === "numRecordsInPerSecond",
  ),
  backPressure: declare(
    "BACKPRESSURE_TIME_PER_SEC",
    true,
    (metric) => metric === "backPressuredTimeMsPerSecond",
  ),
  sourceRecordsInPerSecond: declare(
    "SOURCE_TASK_NUM_RECORDS_IN_PER_SEC",
    true,
    sourceTask("numRecordsInPerSecond"),
  ),
  sourceRecordsIn: declare("SOURCE_TASK_NUM_RECORDS_IN", true, sourceTask("numRecordsIn")),
  sourceRecordsOut: declare("SOURCE_TASK_NUM_RECORDS_OUT", false, sourceTask("numRecordsOut")),
  pendingRecords: declare("PENDING_RECORDS", false, (metric) => metric.endsWith(".pendingRecords")),
} as const;

const ofSources: readonly FlinkMetric[] = [
  flinkMetrics.busyTime,
  flinkMetrics.backPressure,
  flinkMetrics.sourceRecordsInPerSecond,
  flinkMetrics.sourceRecordsIn,
  flinkMetrics.sourceRecordsOut,
  flinkMetrics.pendingRecords,
];
const ofOthers: readonly FlinkMetric[] = [flinkMetrics.busyTime, flinkMetrics.recordsInPerSecond];

/**
 * The names that are worth asking for, among those that a vertex has. Of several names for one metric the first is taken,
 * but all of `pendingRecords`. Throws NotReady, or once the job should be stable AutoscalerError, if a required one is missing.
 */
export function selectNames(
  vertex: VertexId,
  present: readonly string[],
  { isSource, isStabilizing }: { readonly isSource: boolean; readonly isStabilizing: boolean },
): readonly string[] {
  return (isSource ? ofSources : ofOthers).flatMap((metric) => {
    const found = present.filter(metric.matches);
    if (found.length === 0 && metric.isRequired) {
      const error = missingMetric(metric, vertex);
      throw isStabilizing ? new NotReady(error.message) : error;
    }
    return metric === flinkMetrics.pendingRecords ? found : found.slice(0, 1);
  });
}

export const missingMetric = ({ name }: FlinkMetric, vertex: VertexId): AutoscalerError =>
  new AutoscalerError(`Could not find required metric ${name} for ${vertex}`);

/** The values of one metric, over all names that match it. Undefined: it has none. */
export function aggregateOf(metric: FlinkMetric, values: Aggregates): Aggregate | undefined {
  const found = [...values].filter(([name]) => metric.matches(name)).map(([, value]) => value);
  return found.reduce<Aggregate | undefined>(
    (total, each) =>
      total === undefined
        ? each
        : {
            min: Math.min(total.min, each.min),
            max: Math.max(total.max, each.max),
            avg: Number.NaN,
            sum: total.sum + each.sum,
          },
    undefined,
  );
}

/** The metrics of TaskManagers. Older versions of Flink, as 1.18, have none of garbage collection. */
export const taskManagerMetrics = {
  heapMax: "Status.JVM.Memory.Heap.Max",
  heapUsed: "Status.JVM.Memory.Heap.Used",
  managedUsed: "Status.Flink.Memory.Managed.Used",
  metaspaceUsed: "Status.JVM.Memory.Metaspace.Used",
} as const;
export const gcTime = "Status.JVM.GarbageCollector.All.TimeMsPerSecond";
export const slotMetrics = { total: "taskSlotsTotal", available: "taskSlotsAvailable" } as const;
