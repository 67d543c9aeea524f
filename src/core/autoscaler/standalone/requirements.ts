import type { ParallelismBounds, ResourceRequirements } from "../../../api/flinkFacts.ts";
import type { JobDetails } from "../collect/answers.ts";
import type { VertexId } from "../model/metrics.ts";
import type { ParallelismOverrides } from "../model/state.ts";

/** What to ask Flink for. "problem": a bound that it would not survive, as a sentence. */
export type RequirementsPlan =
  | { readonly kind: "done" }
  | { readonly kind: "put"; readonly requirements: ResourceRequirements }
  | { readonly kind: "problem"; readonly message: string };

/**
 * The requirements of the job with the stored parallelism: from one to the target for each vertex that has one (AUTOSCALER
 * 10). A vertex that the job does not have is left out; one without a stored parallelism keeps what it has.
 */
export function planRequirements(
  present: ResourceRequirements,
  overrides: ParallelismOverrides,
  vertices: JobDetails["vertices"],
): RequirementsPlan {
  const requirements: Record<VertexId, { parallelism: ParallelismBounds }> = {};
  let isChanged = false;
  for (const [vertex, { parallelism }] of Object.entries(present)) {
    const target = overrides.get(vertex);
    const isSame =
      target === undefined || (parallelism.lowerBound === 1 && parallelism.upperBound === target);
    if (!isSame) {
      const message = problemOf(vertex, target, vertices);
      if (message !== undefined) return { kind: "problem", message };
    }
    isChanged ||= !isSame;
    requirements[vertex] = { parallelism: isSame ? parallelism : { lowerBound: 1, upperBound: target } };
  }
  return isChanged ? { kind: "put", requirements } : { kind: "done" };
}

/** What Flink does not refuse in every case may end its process. */
function problemOf(id: VertexId, target: number, vertices: JobDetails["vertices"]): string | undefined {
  const { maxParallelism = 0 } = vertices.find((vertex) => vertex.id === id) ?? {};
  if (!Number.isInteger(target) || target < 1)
    return `The stored parallelism of vertex ${id} is ${target}: it must be a whole number of 1 or more.`;
  // Not known: -1, or absent before Flink 1.17.
  return maxParallelism > 0 && target > maxParallelism
    ? `The stored parallelism of vertex ${id} is ${target}, and it can have ${maxParallelism} at most.`
    : undefined;
}

/** A Java map of Flink's requirements. */
export const describeRequirements = (requirements: ResourceRequirements): string =>
  Object.entries(requirements)
    .map(
      ([
        vertex,
        {
          parallelism: { lowerBound, upperBound },
        },
      ]) =>
        `${vertex}=JobVertexResourceRequirements{parallelism=Parallelism{lowerBound=${lowerBound}, upperBound=${upperBound}}}`,
    )
    .join(", ");
