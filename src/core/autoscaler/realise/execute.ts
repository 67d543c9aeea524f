import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { quotaReached } from "../decide/quota.ts";
import { executeByExpression } from "../expressions/points.ts";
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

export interface Executed {
  /** The changes, as the configuration's expression has them. */
  readonly summaries: ReadonlyMap<VertexId, ScalingSummary>;
  /** What is against them: the configuration, its expression, or a quota. Absent: they are stored. */
  readonly blocked?: AutoscalerEvent;
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
  const quota = quotaReached(topology, summaries, { cpu: taskManagerCpu, memoryBytes }, config);
  if (quota !== undefined) {
    events.push(quota);
    return { summaries, blocked: quota };
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
  return { summaries };
}
