import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { processOptions } from "../../../config/operatorOptions/process.ts";
import { type CapacityDemand, type ClusterCapacity, reserve } from "../model/clusterCapacity.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import type { EvaluatedMetrics, VertexId } from "../model/metrics.ts";
import { readOption, readTaskSlots } from "../model/readOption.ts";
import type { ScalingSummary } from "../model/state.ts";
import { slotSharingGroups, type Topology, type Vertex } from "../model/topology.ts";
import type { TaskManagerSize } from "./quota.ts";

export interface CapacityCheck {
  /** Undefined: capacity is not checked. */
  readonly capacity: ClusterCapacity | undefined;
  readonly topology: Topology;
  readonly evaluated: Pick<EvaluatedMetrics, "global">;
  readonly summaries: ReadonlyMap<VertexId, ScalingSummary>;
  readonly taskManager: TaskManagerSize;
  readonly config: FlinkConfig;
}

export interface CheckedCapacity {
  /** The event if the nodes have no room for the scaling. Absent: they have, or it is not known. */
  readonly reached?: AutoscalerEvent;
  /** Why it is not known. The scaling is made all the same. */
  readonly unchecked?: AutoscalerEvent;
  /** What the scaling takes of the nodes. Absent: nothing. */
  readonly demand?: CapacityDemand;
}

/**
 * Whether the nodes have room for the TaskManagers that a scaling adds. One whose CPU or memory is not known, and one that adds
 * none, is not checked.
 */
export function checkCapacity(check: CapacityCheck): CheckedCapacity {
  const { capacity, config, taskManager } = check;
  const { cpu, memoryBytes } = taskManager;
  if (capacity === undefined || !(cpu > 0) || !(memoryBytes > 0)) return {};
  const taskManagers = addedTaskManagers(check);
  if (taskManagers <= 0) return {};
  const intervalMs = readOption(config, autoscalerOptions.scalingEventInterval);
  if ("unknown" in capacity) return { unchecked: { ...uncheckedEvent(capacity.unknown), intervalMs } };
  const demand = { taskManagers, cpu, memoryBytes };
  if (reserve(capacity.nodes, demand) !== undefined) return { demand };
  return {
    reached: {
      type: "Warning",
      reason: "ResourceQuotaReached",
      key: "ClusterCapacity",
      message: `The cluster's nodes do not have the free CPU and memory for ${taskManagers} more TaskManagers, each with ${cpu} CPU and ${Math.ceil(memoryBytes / 2 ** 20)}Mi. Add nodes, or set job.autoscaler.vertex.max-parallelism.`,
      intervalMs,
    },
  };
}

const uncheckedEvent = (why: string): AutoscalerEvent => ({
  type: "Warning",
  reason: "AutoscalerError",
  key: "ClusterCapacity",
  message: `The free capacity of the cluster is not known, so scalings are not checked against it: ${why}. Grant list on nodes and pods (rbac.nodesRule.create of the chart), or set ${processOptions.resourceViewRefreshInterval.key} to a negative value.`,
});

function addedTaskManagers({ topology, evaluated, summaries, config }: CapacityCheck): number {
  const used = evaluated.global.NUM_TASK_SLOTS_USED?.current;
  const slotsPerTaskManager = readTaskSlots(config);
  const groups = groupsOf(topology, used);
  const taskManagers = (parallelismOf: (vertex: Vertex) => number): number => {
    const slots = groups.map((group) => Math.max(0, ...group.map(parallelismOf)));
    return Math.ceil(slots.reduce((sum, each) => sum + each, 0) / slotsPerTaskManager);
  };
  const after = taskManagers(({ id, parallelism }) => summaries.get(id)?.newParallelism ?? parallelism);
  return after - taskManagers(({ parallelism }) => parallelism);
}

/**
 * The vertices that share slots. Where Flink does not name the groups, all share them if the slots in use are as many as the
 * largest parallelism, and else none does, as in the Java operator (ResourceCheckUtils).
 */
function groupsOf(topology: Topology, slotsUsed: number | undefined): readonly (readonly Vertex[])[] {
  const vertices = [...topology.values()];
  const named = slotSharingGroups(topology);
  if (named.length > 0) return named.map((ids) => ids.flatMap((id) => topology.get(id) ?? []));
  const isShared = slotsUsed === Math.max(0, ...vertices.map(({ parallelism }) => parallelism));
  return isShared ? [vertices] : vertices.map((vertex) => [vertex]);
}
