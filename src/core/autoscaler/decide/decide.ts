import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import { current, type EvaluatedMetrics, type EvaluatedValues, type VertexId } from "../model/metrics.ts";
import { readOption } from "../model/readOption.ts";
import type { DelayedScaleDown, ScalingHistory, ScalingSummary } from "../model/state.ts";
import type { Topology, Vertex } from "../model/topology.ts";
import { isUndone } from "../undo/undo.ts";
import type { UndoneScaling } from "../undo/undoState.ts";
import { decideVertex, type VertexDecision } from "./decideVertex.ts";
import { memoryPressure } from "./memoryPressure.ts";

export interface DecideInput {
  readonly topology: Topology;
  readonly evaluated: EvaluatedMetrics;
  readonly history: ScalingHistory;
  readonly delayed: DelayedScaleDown;
  /** A scaling that was taken back and is not tried again. */
  readonly undone?: UndoneScaling | undefined;
  /** Vertices that are left alone. */
  readonly excluded: readonly VertexId[];
  readonly restartSeconds: number;
  readonly now: number;
  readonly config: FlinkConfig;
}

export interface ScalingDecision {
  /** Of each vertex that is not excluded. */
  readonly decisions: ReadonlyMap<VertexId, VertexDecision>;
  /** The changes, empty where no vertex needs one. */
  readonly summaries: ReadonlyMap<VertexId, ScalingSummary>;
  /** With what was expected and recommended. */
  readonly evaluated: EvaluatedMetrics;
  readonly delayed: DelayedScaleDown;
  readonly events: readonly AutoscalerEvent[];
  /** Why nothing is to be changed: the memory pressure, in a sentence, or all vertices are within their bounds. Absent: something is. */
  readonly stop?: { readonly pressure: string } | "WithinBounds";
}

/** Which vertices should have another parallelism. Throws AutoscalerError. */
export function decideScaling(input: DecideInput): ScalingDecision {
  const { topology, evaluated, excluded, config } = input;
  const unchanged = { decisions: new Map(), summaries: new Map(), evaluated, delayed: input.delayed };
  const pressure = memoryPressure(evaluated.global, config);
  if (pressure !== undefined)
    return { ...unchanged, events: [pressure], stop: { pressure: pressure.message } };
  const decisions = new Map<VertexId, VertexDecision>();
  let { delayed } = input;
  for (const vertex of topology.values()) {
    const metrics = evaluated.vertices.get(vertex.id);
    if (metrics === undefined || excluded.includes(vertex.id)) continue;
    const history = [...(input.history.get(vertex.id)?.values() ?? [])];
    const decision = withoutUndone(
      decideVertex({ ...input, vertex, metrics, history, delayed }),
      vertex,
      input.undone,
    );
    decisions.set(vertex.id, decision);
    delayed = decision.delayed;
  }
  const isOutside = [...decisions.values()].some(({ change }) => change?.isOutsideBound === true);
  const summaries = isOutside ? summariesOf(topology, decisions) : new Map<VertexId, ScalingSummary>();
  const vertices = new Map<VertexId, EvaluatedValues>(
    [...evaluated.vertices].map(([id, metrics]) => [
      id,
      summaries.get(id)?.metrics ?? decisions.get(id)?.metrics ?? metrics,
    ]),
  );
  const events = [...decisions.values()].flatMap((decision) => decision.events);
  const decided = { decisions, summaries, evaluated: { ...evaluated, vertices }, delayed, events };
  return isOutside ? decided : { ...decided, stop: "WithinBounds" };
}

function withoutUndone(
  decision: VertexDecision,
  { id, parallelism: from }: Vertex,
  undone: UndoneScaling | undefined,
): VertexDecision {
  const { change, reasoning } = decision;
  if (change === undefined || !isUndone(undone, id, { from, to: change.parallelism })) return decision;
  return { ...decision, change: undefined, reasoning: { ...reasoning, stop: "Undone" } };
}

function summariesOf(
  topology: Topology,
  decisions: ReadonlyMap<VertexId, VertexDecision>,
): ReadonlyMap<VertexId, ScalingSummary> {
  return new Map(
    [...decisions].flatMap(([id, { change, metrics }]) => {
      const vertex = topology.get(id);
      if (change === undefined || vertex === undefined) return [];
      const recommended = { ...metrics, RECOMMENDED_PARALLELISM: current(change.parallelism) };
      const summary = {
        currentParallelism: vertex.parallelism,
        newParallelism: change.parallelism,
        metrics: recommended,
      };
      return [[id, summary] as const];
    }),
  );
}

/** RECOMMENDED_PARALLELISM is the present one until something is decided. */
export const withRecommendation = (evaluated: EvaluatedMetrics): EvaluatedMetrics => ({
  ...evaluated,
  vertices: new Map(
    [...evaluated.vertices].map(([id, metrics]) => [
      id,
      { ...metrics, RECOMMENDED_PARALLELISM: metrics.PARALLELISM ?? current(Number.NaN) },
    ]),
  ),
});

/** The configured vertices, and those that this cycle cannot judge. */
export const excludedVertices = (config: FlinkConfig, more: Iterable<VertexId>): readonly VertexId[] => [
  ...new Set([...(readOption(config, autoscalerOptions.vertexExcludeIds) ?? []), ...more]),
];
