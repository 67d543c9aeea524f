import type { AutoscalerStatus } from "../../../api/v1beta1/commonStatus.ts";
import { type CycleExplanation, EXPLAINED_VERTICES } from "./explainCycle.ts";
import type { ExplainedVertex } from "./explainVertex.ts";

/**
 * The explanation in the status. It is written anew only if something else has come out than it says, so that a job whose load
 * changes a little leads to no write: its numbers are those of `time`.
 */
export function withExplanation(
  before: AutoscalerStatus | undefined,
  explanation: CycleExplanation,
  now: number,
): AutoscalerStatus {
  if (before !== undefined && says(before, explanation)) return before;
  const { outcome, message, vertices } = explanation;
  const more = vertices.length - EXPLAINED_VERTICES;
  return {
    time: new Date(now).toISOString(),
    outcome,
    message,
    vertices: vertices
      .slice(0, EXPLAINED_VERTICES)
      .map((vertex) => ({ ...vertex, chain: [...vertex.chain] })),
    ...(more > 0 ? { moreVertices: more } : {}),
  };
}

function says(before: AutoscalerStatus, { outcome, message, vertices }: CycleExplanation): boolean {
  // The numbers of the memory pressure differ in each cycle.
  if (before.outcome !== outcome || (before.message !== message && outcome !== "MemoryPressure"))
    return false;
  const found = new Map(vertices.map((vertex) => [vertex.id, vertex]));
  const explained = before.vertices ?? [];
  const isSame = explained.every((vertex) => isSameOutcome(vertex, found.get(vertex.id ?? "")));
  const ids = new Set(explained.map(({ id }) => id));
  const isFull = explained.length >= EXPLAINED_VERTICES;
  const isMissing = ({ id, target }: ExplainedVertex) => !ids.has(id) && (target !== undefined || !isFull);
  const first = vertices.slice(0, EXPLAINED_VERTICES);
  return isSame && !first.some(isMissing);
}

type Outcome = Pick<NonNullable<AutoscalerStatus["vertices"]>[number], "parallelism" | "target" | "outcome">;

const isSameOutcome = (one: Outcome, other: ExplainedVertex | undefined): boolean =>
  one.parallelism === other?.parallelism &&
  (one.target ?? undefined) === other?.target &&
  one.outcome === other?.outcome;
