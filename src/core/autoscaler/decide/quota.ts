import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import type { VertexId } from "../model/metrics.ts";
import { readOption, readTaskSlots } from "../model/readOption.ts";
import type { ScalingSummary } from "../model/state.ts";
import { slotSharingGroups, type Topology } from "../model/topology.ts";

/** One TaskManager. */
export interface TaskManagerSize {
  readonly cpu: number;
  readonly memoryBytes: number;
}

/**
 * The event if the job would have more than its quota of CPU or memory. Only scaled vertices are counted, and TaskManagers are
 * rounded down, as the Java operator does. Undefined: it may scale.
 */
export function quotaReached(
  topology: Topology,
  summaries: ReadonlyMap<VertexId, ScalingSummary>,
  taskManager: TaskManagerSize,
  config: FlinkConfig,
): AutoscalerEvent | undefined {
  const groups = slotSharingGroups(topology);
  const cpuQuota = readOption(config, autoscalerOptions.quotaCpu);
  const memoryQuota = readOption(config, autoscalerOptions.quotaMemory);
  if (groups.length === 0) return undefined;
  const slotsPerTaskManager = readTaskSlots(config);
  const taskManagers = (parallelismOf: (summary: ScalingSummary) => number) => {
    const slots = groups.map((group) =>
      Math.max(
        0,
        ...group.flatMap((vertex) =>
          summaries.has(vertex) ? [parallelismOf(summaries.get(vertex) as ScalingSummary)] : [],
        ),
      ),
    );
    return Math.trunc(slots.reduce((sum, each) => sum + each, 0) / slotsPerTaskManager);
  };
  const after = taskManagers(({ newParallelism }) => newParallelism);
  if (after <= taskManagers(({ currentParallelism }) => currentParallelism)) return undefined;
  const isReached =
    (cpuQuota !== undefined && taskManager.cpu * after > cpuQuota) ||
    (memoryQuota !== undefined && taskManager.memoryBytes * after > Number(memoryQuota));
  return isReached
    ? {
        type: "Warning",
        reason: "ResourceQuotaReached",
        message:
          "Resource usage is above the allowed limit for scaling operations. Please adjust the resource quota manually.",
        intervalMs: readOption(config, autoscalerOptions.scalingEventInterval),
      }
    : undefined;
}
