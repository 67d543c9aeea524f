import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { capacityFor } from "../evaluate/capacity.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import { current, type EvaluatedValues } from "../model/metrics.ts";
import { readOption } from "../model/readOption.ts";
import type { DelayedScaleDown, ScalingSummary } from "../model/state.ts";
import type { Vertex } from "../model/topology.ts";
import { align } from "./alignment.ts";
import { delayScaleDown, requirePositive } from "./delayedScaleDown.ts";
import { detectIneffectiveScaleUp } from "./effectiveness.ts";
import { scalabilityCoefficient } from "./scalability.ts";

/** What one vertex is decided on. */
export interface VertexSituation {
  readonly vertex: Vertex;
  readonly metrics: EvaluatedValues;
  /** Its past scalings, oldest first. */
  readonly history: readonly ScalingSummary[];
  readonly delayed: DelayedScaleDown;
  readonly restartSeconds: number;
  readonly now: number;
  readonly config: FlinkConfig;
}

export interface VertexDecision {
  /** Undefined: it keeps its parallelism. */
  readonly change: { readonly parallelism: number; readonly isOutsideBound: boolean } | undefined;
  /** With the rate that is expected after the change. */
  readonly metrics: EvaluatedValues;
  readonly delayed: DelayedScaleDown;
  readonly events: readonly AutoscalerEvent[];
}

/** The parallelism that a vertex needs for its target rate (REFERENCE 1.29, AUTOSCALER 5). Throws AutoscalerError. */
export function decideVertex(situation: VertexSituation): VertexDecision {
  const { vertex, metrics, delayed, config } = situation;
  const unchanged = { change: undefined, metrics, delayed, events: [] };
  const rate = metrics.TRUE_PROCESSING_RATE?.average ?? Number.NaN;
  if (Number.isNaN(rate)) return unchanged;
  const factor = scaleFactor(situation, rate);
  if (factor === undefined) return unchanged;
  const { parallelism: now } = vertex;
  const cleared = { ...unchanged, delayed: without(delayed, vertex.id) };
  const limits = {
    lower: Math.min(now, readOption(config, autoscalerOptions.vertexMinParallelism)),
    upper: Math.max(now, readOption(config, autoscalerOptions.vertexMaxParallelism)),
  };
  const target = Math.min(
    Math.max(limits.lower, toInt(Math.ceil(factor * now))),
    Math.min(vertex.maxParallelism, limits.upper),
  );
  if (target === now) return cleared;
  const { parallelism, events } = align(
    {
      vertex: vertex.id,
      current: now,
      target,
      partitions: vertex.partitions,
      maxParallelism: vertex.maxParallelism,
      ...limits,
      shipStrategies: [...vertex.inputs.values()],
    },
    config,
  );
  if (parallelism === now) return { ...cleared, events };
  const expected = { ...metrics, EXPECTED_PROCESSING_RATE: current((rate / now) * parallelism) };
  const change = { parallelism, isOutsideBound: isOutsideBound(metrics, rate) };
  if (parallelism < now) return { ...decideScaleDown(situation, change), metrics: expected, events };
  const ineffective = detectIneffectiveScaleUp(situation, rate);
  return {
    change: ineffective.isBlocked ? undefined : change,
    metrics: expected,
    delayed: cleared.delayed,
    events: [...events, ...ineffective.events],
  };
}

const without = (delayed: DelayedScaleDown, vertex: string): DelayedScaleDown =>
  delayed.has(vertex) ? new Map([...delayed].filter(([id]) => id !== vertex)) : delayed;

/** Java's cast of a double to a 32-bit integer. */
const toInt = (value: number): number => (Number.isNaN(value) ? 0 : Math.min(value, 2 ** 31 - 1));

/** Within the configured limits. Undefined: the capacity that is needed is not known. */
function scaleFactor(
  { metrics, history, restartSeconds, config }: VertexSituation,
  rate: number,
): number | undefined {
  const demand = {
    target: metrics.TARGET_DATA_RATE?.average ?? Number.NaN,
    catchUp: metrics.CATCH_UP_DATA_RATE?.current ?? Number.NaN,
    restartSeconds,
  };
  const capacity = capacityFor(demand, readOption(config, autoscalerOptions.utilizationTarget), config);
  if (Number.isNaN(capacity)) return undefined;
  const coefficient = readOption(config, autoscalerOptions.observedScalabilityEnabled)
    ? scalabilityCoefficient(history, config)
    : 1;
  const factor = capacity / rate / coefficient;
  const least = 1 - readOption(config, autoscalerOptions.scaleDownMaxFactor);
  const most = 1 + readOption(config, autoscalerOptions.scaleUpMaxFactor);
  return Math.min(most, Math.max(least, factor));
}

const isOutsideBound = (metrics: EvaluatedValues, rate: number): boolean =>
  rate < (metrics.SCALE_UP_RATE_THRESHOLD?.current ?? Number.NaN) ||
  rate > (metrics.SCALE_DOWN_RATE_THRESHOLD?.current ?? Number.NaN);

function decideScaleDown(
  { vertex, delayed, now, config }: VertexSituation,
  change: { readonly parallelism: number; readonly isOutsideBound: boolean },
): Pick<VertexDecision, "change" | "delayed"> {
  const interval = readOption(config, autoscalerOptions.scaleDownInterval);
  if (interval <= 0) {
    requirePositive(change.parallelism);
    return { change, delayed };
  }
  const delay = delayScaleDown(delayed, vertex.id, { at: now, ...change }, interval);
  if (delay.recommendation === undefined) return { change: undefined, delayed: delay.delayed };
  const { parallelism, isOutsideBound } = delay.recommendation;
  requirePositive(parallelism);
  // It was recommended for a higher parallelism than the job has by now.
  if (parallelism >= vertex.parallelism) return { change: undefined, delayed: delay.delayed };
  return { change: { parallelism, isOutsideBound }, delayed: delay.delayed };
}
