import { redactSecrets } from "../../../api/redact.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import type { CycleResult, CycleTrace } from "../cycle.ts";
import type { ScalingDecision } from "../decide/decide.ts";
import type { EvaluatedValues, VertexId } from "../model/metrics.ts";
import type { Vertex } from "../model/topology.ts";
import { type ExplainedVertex, explainVertex } from "./explainVertex.ts";

/** How a cycle ended, for the whole job. */
export const cycleOutcomes = ["Scaled", "Balanced", "Blocked", "MemoryPressure", "Undone", "Failed"] as const;
export type CycleOutcome = (typeof cycleOutcomes)[number];

/** The decision of one cycle, as a person reads it. All texts are without secrets. */
export interface CycleExplanation {
  readonly outcome: CycleOutcome;
  /** Why, in one sentence. */
  readonly message: string;
  /** Those that change first, then by their load. */
  readonly vertices: readonly ExplainedVertex[];
}

const MESSAGE_CHARACTERS = 500;

/**
 * What a cycle decided and why, from what the decision itself recorded. Undefined: it decided nothing, since the window is not
 * full or something else is under way.
 */
export function explainCycle(
  { trace, events }: Pick<CycleResult, "trace" | "events">,
  config: FlinkConfig,
): CycleExplanation | undefined {
  const { decision } = trace;
  const undone = events.find(({ reason }) => reason === "ScalingUndone");
  if (undone !== undefined) return { outcome: "Undone", message: bounded(undone.message), vertices: [] };
  const error = events.find(({ reason }) => reason === "AutoscalerError");
  if (error !== undefined) return { outcome: "Failed", message: bounded(error.message), vertices: [] };
  if (decision === undefined) return undefined;
  const job = describeJob(trace, decision);
  return {
    outcome: job.outcome,
    message: bounded(job.message),
    vertices: explainedVertices(trace, decision, job, config),
  };
}

const bounded = (text: string): string => redactSecrets(text).slice(0, MESSAGE_CHARACTERS);

function describeJob(
  { blocked }: CycleTrace,
  { stop, summaries }: ScalingDecision,
): Pick<CycleExplanation, "outcome" | "message"> {
  if (stop === "WithinBounds")
    return {
      outcome: "Balanced",
      message: "No vertex changes: each is within the bounds of its utilization, waits, or is at a limit.",
    };
  if (stop !== undefined) return { outcome: "MemoryPressure", message: stop.pressure };
  if (blocked !== undefined) {
    const [why = ""] = blocked.message.split(", recommended parallelism change:");
    return { outcome: "Blocked", message: why.endsWith(".") ? why : `${why}.` };
  }
  const changes = [...summaries.values()].map(
    ({ currentParallelism: from, newParallelism: to }) => `${from} to ${to}`,
  );
  const shown = changes.slice(0, 3).join(", ");
  const more = changes.length > 3 ? `, and ${changes.length - 3} more` : "";
  return { outcome: "Scaled", message: `The parallelism is changed: ${shown}${more}.` };
}

function explainedVertices(
  { topology, excluded = [] }: CycleTrace,
  decision: ScalingDecision,
  job: Pick<CycleExplanation, "outcome" | "message">,
  config: FlinkConfig,
): readonly ExplainedVertex[] {
  const { decisions, summaries, evaluated } = decision;
  const explain = (vertex: Vertex): ExplainedVertex | undefined => {
    const metrics = evaluated.vertices.get(vertex.id);
    return metrics === undefined
      ? undefined
      : explainVertex(
          {
            vertex,
            metrics,
            reasoning: decisions.get(vertex.id)?.reasoning,
            isExcluded: excluded.includes(vertex.id),
            recommended: summaries.get(vertex.id)?.newParallelism,
            job,
          },
          config,
        );
  };
  return [...(topology?.values() ?? [])]
    .map(explain)
    .filter((explained) => explained !== undefined)
    .sort((a, b) => rank(b, summaries, evaluated.vertices) - rank(a, summaries, evaluated.vertices));
}

/** Loads are between 0 and 1. */
const rank = (
  { id }: ExplainedVertex,
  summaries: ScalingDecision["summaries"],
  evaluated: ReadonlyMap<VertexId, EvaluatedValues>,
): number => {
  const load = evaluated.get(id)?.LOAD?.average ?? 0;
  return (summaries.has(id) ? 2 : 0) + (Number.isFinite(load) ? Math.min(1, Math.max(0, load)) : 0);
};
