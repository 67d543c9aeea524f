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

/** What one decision went by, in its order, as far as it got. */
export interface VertexReasoning {
  /** The rate that it should be able to process, in records per second. */
  readonly capacity?: number;
  /** How much of a further subtask's capacity past scalings have brought. */
  readonly coefficient?: number;
  /** Capacity by processing rate, and the same within the limits of the factor. */
  readonly factor?: { readonly needed: number; readonly used: number };
  /** By the factor, then within the limits of the parallelism, then aligned. */
  readonly needed?: number;
  readonly limits?: { readonly lower: number; readonly upper: number };
  readonly limited?: number;
  readonly aligned?: number;
  /** The present parallelism is too low or too high for the load. */
  readonly isOutsideBound?: boolean;
  /** When the scale-down is due, in milliseconds since the epoch. */
  readonly dueAt?: number;
  /** Why it keeps its parallelism. Absent: it does not. */
  readonly stop?: VertexStop;
}

/**
 * Why a vertex keeps its parallelism: its rate or its target is not known; the parallelism that it has is right, or is what a limit
 * or the alignment allows; a scale-down waits; the last scale-up brought too little; the same was
 * taken back under this load.
 */
export type VertexStop =
  | "NotMeasured"
  | "NoTarget"
  | "Enough"
  | "Limited"
  | "Aligned"
  | "ScaleDownInterval"
  | "Ineffective"
  | "Undone";

export interface VertexDecision {
  /** Undefined: it keeps its parallelism. */
  readonly change: { readonly parallelism: number; readonly isOutsideBound: boolean } | undefined;
  /** With the rate that is expected after the change. */
  readonly metrics: EvaluatedValues;
  readonly delayed: DelayedScaleDown;
  readonly events: readonly AutoscalerEvent[];
  readonly reasoning: VertexReasoning;
}

/** The parallelism that a vertex needs for its target rate (REFERENCE 1.29, AUTOSCALER 5). Throws AutoscalerError. */
export function decideVertex(situation: VertexSituation): VertexDecision {
  const { vertex, metrics, delayed, config } = situation;
  const unchanged = { change: undefined, metrics, delayed, events: [] };
  const rate = metrics.TRUE_PROCESSING_RATE?.average ?? Number.NaN;
  if (Number.isNaN(rate)) return { ...unchanged, reasoning: { stop: "NotMeasured" } };
  const scale = scaleFactor(situation, rate);
  if (scale === undefined) return { ...unchanged, reasoning: { stop: "NoTarget" } };
  const { parallelism: now } = vertex;
  const cleared = { ...unchanged, delayed: without(delayed, vertex.id) };
  const limits = {
    lower: Math.min(now, readOption(config, autoscalerOptions.vertexMinParallelism)),
    upper: Math.max(now, readOption(config, autoscalerOptions.vertexMaxParallelism)),
  };
  const needed = toInt(Math.ceil(scale.factor.used * now));
  const highest = Math.min(vertex.maxParallelism, limits.upper);
  const target = Math.min(Math.max(limits.lower, needed), highest);
  const isOutside = isOutsideBound(metrics, rate);
  const known: VertexReasoning = {
    ...scale,
    needed,
    limits: { lower: limits.lower, upper: highest },
    limited: target,
    isOutsideBound: isOutside,
  };
  if (target === now)
    return { ...cleared, reasoning: { ...known, stop: needed === target ? "Enough" : "Limited" } };
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
  const reasoning: VertexReasoning = { ...known, aligned: parallelism };
  if (parallelism === now) return { ...cleared, events, reasoning: { ...reasoning, stop: "Aligned" } };
  const expected = { ...metrics, EXPECTED_PROCESSING_RATE: current((rate / now) * parallelism) };
  const change = { parallelism, isOutsideBound: isOutside };
  if (parallelism < now) {
    const { waits, ...down } = decideScaleDown(situation, change);
    return { ...down, metrics: expected, events, reasoning: { ...reasoning, ...waits } };
  }
  const ineffective = detectIneffectiveScaleUp(situation, rate);
  return {
    change: ineffective.isBlocked ? undefined : change,
    metrics: expected,
    delayed: cleared.delayed,
    events: [...events, ...ineffective.events],
    reasoning: ineffective.isBlocked ? { ...reasoning, stop: "Ineffective" } : reasoning,
  };
}

const without = (delayed: DelayedScaleDown, vertex: string): DelayedScaleDown =>
  delayed.has(vertex) ? new Map([...delayed].filter(([id]) => id !== vertex)) : delayed;

/** Java's cast of a double to a 32-bit integer. */
const toInt = (value: number): number => (Number.isNaN(value) ? 0 : Math.min(value, 2 ** 31 - 1));

/** Undefined: the capacity that is needed is not known. */
function scaleFactor(
  { metrics, history, restartSeconds, config }: VertexSituation,
  rate: number,
): Required<Pick<VertexReasoning, "capacity" | "coefficient" | "factor">> | undefined {
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
  return { capacity, coefficient, factor: { needed: factor, used: Math.min(most, Math.max(least, factor)) } };
}

const isOutsideBound = (metrics: EvaluatedValues, rate: number): boolean =>
  rate < (metrics.SCALE_UP_RATE_THRESHOLD?.current ?? Number.NaN) ||
  rate > (metrics.SCALE_DOWN_RATE_THRESHOLD?.current ?? Number.NaN);

function decideScaleDown(
  { vertex, delayed, now, config }: VertexSituation,
  change: { readonly parallelism: number; readonly isOutsideBound: boolean },
): Pick<VertexDecision, "change" | "delayed"> & { readonly waits?: Pick<VertexReasoning, "dueAt" | "stop"> } {
  const interval = readOption(config, autoscalerOptions.scaleDownInterval);
  if (interval <= 0) {
    requirePositive(change.parallelism);
    return { change, delayed };
  }
  const delay = delayScaleDown(delayed, vertex.id, { at: now, ...change }, interval);
  const kept = { change: undefined, delayed: delay.delayed };
  if (delay.recommendation === undefined) {
    const dueAt = (delay.delayed.get(vertex.id)?.firstAt ?? now) + interval;
    return { ...kept, waits: { dueAt, stop: "ScaleDownInterval" } };
  }
  const { parallelism, isOutsideBound } = delay.recommendation;
  requirePositive(parallelism);
  // It was recommended for a higher parallelism than the job has by now.
  if (parallelism >= vertex.parallelism) return { ...kept, waits: { stop: "ScaleDownInterval" } };
  return { change: { parallelism, isOutsideBound }, delayed: delay.delayed };
}
