import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { checkCapacity } from "../decide/clusterCapacity.ts";
import { quotaReached } from "../decide/quota.ts";
import { executeByExpression } from "../expressions/points.ts";
import type { CapacityDemand, ClusterCapacity } from "../model/clusterCapacity.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import type { EvaluatedMetrics, VertexId } from "../model/metrics.ts";
import type { ScalingHistory, ScalingSummary, ScalingTracking } from "../model/state.ts";
import type { Topology } from "../model/topology.ts";
import { withSummaries } from "../state/pastScalings.ts";
import type { StateView } from "../state/storedState.ts";
import { processMemoryOf, tuneMemory } from "./memoryTuning.ts";
import { blockedScaling, scalingReport } from "./report.ts";

export interface Execution {
  readonly cycle: {
    readonly now: number;
    readonly config: FlinkConfig;
    readonly taskManagerCpu: number;
    readonly taskManagerMemory: bigint | undefined;
    readonly capacity?: ClusterCapacity | undefined;
    readonly reportIntervalMs?: number;
  };
  readonly topology: Topology;
  readonly evaluated: EvaluatedMetrics;
  readonly summaries: ReadonlyMap<VertexId, ScalingSummary>;
  readonly history: ScalingHistory;
  readonly tracking: ScalingTracking;
}

export interface Executed {
  /** The changes, as the configuration's expression has them. */
  readonly summaries: ReadonlyMap<VertexId, ScalingSummary>;
  /** What is against them: the configuration, its expression, the cluster's capacity, or a quota. Absent: they are stored. */
  readonly blocked?: AutoscalerEvent;
  /** What they take of the cluster's capacity. Absent: nothing, or it is not known. */
  readonly demand?: CapacityDemand;
}

/**
 * Puts a scaling into the stored state, from where each reconcile takes it, unless something is against it. Throws AutoscalerError.
 */
export function execute(execution: Execution, view: StateView, events: AutoscalerEvent[]): Executed {
  const { topology, history, tracking } = execution;
  const { config, now, taskManagerCpu, taskManagerMemory, reportIntervalMs } = execution.cycle;
  const disabled = blockedScaling(execution.summaries, now, config);
  if (disabled !== undefined) {
    events.push(disabled);
    return { summaries: execution.summaries, blocked: disabled };
  }
  const { summaries, veto } = executeByExpression(topology, execution.summaries, config);
  if (veto !== undefined) {
    events.push(veto);
    return { summaries: execution.summaries, blocked: veto };
  }
  const tuning = tuneMemory({ ...execution, processMemory: taskManagerMemory, config });
  events.push(...tuning.events);
  const tuned = config.withAll(tuning.changes.overrides);
  const memoryBytes = Number(processMemoryOf(tuned) ?? taskManagerMemory ?? 0n);
  const taskManager = { cpu: taskManagerCpu, memoryBytes };
  const { capacity } = execution.cycle;
  const checked = checkCapacity({ ...execution, capacity, summaries, taskManager, config });
  const reached = checked.reached ?? quotaReached(topology, summaries, taskManager, config);
  if (reached !== undefined) {
    events.push(reached);
    return { summaries, blocked: reached };
  }
  if (checked.unchecked !== undefined) events.push(checked.unchecked);
  events.push(scalingReport(summaries, reportIntervalMs));
  view.put("scalingHistory", withSummaries(history, summaries, now));
  view.put("scalingTracking", new Map(tracking).set(now, { restartMs: undefined }));
  // Of all vertices, also of those that stay as they are.
  const parallelism = [...topology.values()].map(
    (vertex) => [vertex.id, summaries.get(vertex.id)?.newParallelism ?? vertex.parallelism] as const,
  );
  view.put("parallelismOverrides", new Map(parallelism));
  view.put("configOverrides", tuning.changes);
  return { summaries, ...(checked.demand === undefined ? {} : { demand: checked.demand }) };
}
