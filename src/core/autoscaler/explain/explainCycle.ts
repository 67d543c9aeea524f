import { redactSecrets } from "../../../api/redact.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import type { CycleResult, CycleTrace } from "../cycle.ts";
import type { ScalingDecision } from "../decide/decide.ts";
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

/** How many vertices have a chain, and are in the status. */
export const EXPLAINED_VERTICES = 10;

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
  const rank = ({ id }: Vertex): number => {
    const load = evaluated.vertices.get(id)?.LOAD?.average ?? 0;
    // Loads are between 0 and 1.
    return (summaries.has(id) ? 2 : 0) + (Number.isFinite(load) ? Math.min(1, Math.max(0, load)) : 0);
  };
  return [...(topology?.values() ?? [])]
    .sort((a, b) => rank(b) - rank(a))
    .flatMap((vertex, place) => {
      const metrics = evaluated.vertices.get(vertex.id);
      if (metrics === undefined) return [];
      const explained = {
        vertex,
        metrics,
        reasoning: decisions.get(vertex.id)?.reasoning,
        isExcluded: excluded.includes(vertex.id),
        recommended: summaries.get(vertex.id)?.newParallelism,
        job,
        hasChain: place < EXPLAINED_VERTICES,
      };
      return [explainVertex(explained, config)];
    });
}
