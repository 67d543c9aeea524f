import { AutoscalerError } from "../model/autoscalerError.ts";
import type { VertexId } from "../model/metrics.ts";
import type { DelayedScaleDown, DelayedVertex, Recommendation } from "../model/state.ts";

/**
 * Scale-downs wait for an interval from the first one on, and then the highest parallelism counts that was recommended
 * within the interval. After it each cycle may scale down, until the vertex is cleared.
 */
export interface Delay {
  readonly delayed: DelayedScaleDown;
  /** Undefined: it waits. */
  readonly recommendation: Recommendation | undefined;
}

export function delayScaleDown(
  delayed: DelayedScaleDown,
  vertex: VertexId,
  newest: Recommendation,
  intervalMs: number,
): Delay {
  const before: DelayedVertex = delayed.get(vertex) ?? { firstAt: newest.at, recommendations: [] };
  const higher = before.recommendations.filter(({ parallelism }) => parallelism > newest.parallelism);
  const start = newest.at - intervalMs;
  const isDue = before.firstAt <= start;
  const recommendations = [...higher, newest].filter(({ at }) => !isDue || at >= start);
  const [recommendation] = recommendations;
  return {
    delayed: new Map(delayed).set(vertex, { ...before, recommendations }),
    recommendation: isDue ? recommendation : undefined,
  };
}

/** Throws AutoscalerError for what Flink could not run with. */
export function requirePositive(parallelism: number): void {
  if (parallelism <= 0) throw new AutoscalerError("The parallelism should be greater than 0.");
}
