import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { quotaReached } from "../decide/quota.ts";
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
    readonly reportIntervalMs?: number;
  };
  readonly topology: Topology;
  readonly evaluated: EvaluatedMetrics;
  readonly summaries: ReadonlyMap<VertexId, ScalingSummary>;
  readonly history: ScalingHistory;
  readonly tracking: ScalingTracking;
}

/**
 * Puts a scaling into the stored state, from where each reconcile takes it, unless the configuration or a quota is against it,
 * whose event is returned.
 */
export function execute(
  execution: Execution,
  view: StateView,
  events: AutoscalerEvent[],
): AutoscalerEvent | undefined {
  const { topology, summaries, history, tracking } = execution;
  const { config, now, taskManagerCpu, taskManagerMemory, reportIntervalMs } = execution.cycle;
  const blocked = blockedScaling(summaries, now, config);
  if (blocked !== undefined) {
    events.push(blocked);
    return blocked;
  }
  const tuning = tuneMemory({ ...execution, processMemory: taskManagerMemory, config });
  events.push(...tuning.events);
  const tuned = config.withAll(tuning.changes.overrides);
  const memoryBytes = Number(processMemoryOf(tuned) ?? taskManagerMemory ?? 0n);
  const quota = quotaReached(topology, summaries, { cpu: taskManagerCpu, memoryBytes }, config);
  if (quota !== undefined) {
    events.push(quota);
    return quota;
  }
  events.push(scalingReport(summaries, reportIntervalMs));
  view.put("scalingHistory", withSummaries(history, summaries, now));
  view.put("scalingTracking", new Map(tracking).set(now, { restartMs: undefined }));
  // Of all vertices, also of those that stay as they are.
  const parallelism = [...topology.values()].map(
    (vertex) => [vertex.id, summaries.get(vertex.id)?.newParallelism ?? vertex.parallelism] as const,
  );
  view.put("parallelismOverrides", new Map(parallelism));
  view.put("configOverrides", tuning.changes);
  return undefined;
}
