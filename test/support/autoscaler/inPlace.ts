import type { VertexId } from "../../../src/core/autoscaler/model/metrics.ts";

/** What the Java operator and the autoscaler without an operator ask Flink for, to compare with their recordings. */

/** The parallelism of a vertex at Flink's REST API: /jobs/:jobid/resource-requirements. */
export interface ParallelismBounds {
  readonly lowerBound: number;
  readonly upperBound: number;
}

export type ResourceRequirements = Readonly<Record<VertexId, { readonly parallelism: ParallelismBounds }>>;

/**
 * How a changed `pipeline.jobvertex-parallelism-overrides` becomes requirements of the running job. "restart": it cannot, and
 * the change is an upgrade. "done": the job has these requirements already.
 */
export type InPlacePlan =
  | { readonly kind: "put"; readonly requirements: ResourceRequirements }
  | { readonly kind: "done" }
  | { readonly kind: "restart"; readonly why: string };

/** `before`: the overrides of the deployed spec. Overrides of vertices that the job does not have are ignored. */
export function planInPlace(
  present: ResourceRequirements,
  before: ReadonlyMap<VertexId, string>,
  after: ReadonlyMap<VertexId, string>,
): InPlacePlan {
  const requirements: Record<VertexId, { parallelism: ParallelismBounds }> = {};
  let isDone = true;
  for (const [vertex, { parallelism }] of Object.entries(present)) {
    const upperBound = after.has(vertex) ? Number(after.get(vertex)) : undefined;
    if (upperBound === undefined && before.has(vertex)) {
      return { kind: "restart", why: `the override of vertex ${vertex} is removed` };
    }
    const bounds =
      upperBound === undefined
        ? parallelism
        : { lowerBound: Math.min(upperBound, parallelism.lowerBound), upperBound };
    isDone &&= bounds.lowerBound === parallelism.lowerBound && bounds.upperBound === parallelism.upperBound;
    requirements[vertex] = { parallelism: bounds };
  }
  return isDone ? { kind: "done" } : { kind: "put", requirements };
}
