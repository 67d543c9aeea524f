import { AutoscalerError, NotReady } from "../model/autoscalerError.ts";
import type { VertexId } from "../model/metrics.ts";
import { isSource, type Topology, type Vertex } from "../model/topology.ts";
import type { JobDetails } from "./answers.ts";

const partsOfJob = ["timestamps", "vertices", "plan"] as const;

/** The details of a job in Flink's answer. Throws AutoscalerError if it lacks what a cycle reads of it. */
export function jobIn(answer: Partial<JobDetails> | null): JobDetails {
  const isMissing = (value: unknown) => value === undefined || value === null;
  const vertices: readonly unknown[] = Array.isArray(answer?.vertices) ? answer.vertices : [];
  const missing = [
    ...partsOfJob.filter((part) => isMissing(answer?.[part])),
    ...vertices
      .map((vertex) => (vertex ?? {}) as Partial<JobDetails["vertices"][number]>)
      .filter(({ metrics }) => isMissing(metrics))
      .map(({ id }) => `metrics of vertex ${id}`),
  ];
  if (missing.length > 0) throw new AutoscalerError(`Flink's answer about the job has no ${missing[0]}.`);
  const job = answer as JobDetails;
  const nodes: unknown = job.plan.nodes ?? [];
  if (!Array.isArray(job.vertices) || !Array.isArray(nodes) || !nodes.every(isNode))
    throw new AutoscalerError("Flink's answer about the job has vertices or a plan of another form.");
  return job;
}

/** A node of the plan with inputs that can be read. */
function isNode(node: unknown): boolean {
  const inputs: unknown = (node as { inputs?: unknown } | null)?.inputs ?? [];
  return (
    typeof node === "object" &&
    node !== null &&
    Array.isArray(inputs) &&
    inputs.every((input) => typeof input?.id === "string" && typeof input.ship_strategy === "string")
  );
}

/**
 * The graph of a job from the details that Flink gives of it. `partitionsOf` is asked for each source that has not finished.
 * Throws NotReady while there is no plan.
 */
export function readTopology(job: JobDetails, partitionsOf: (vertex: VertexId) => number): Topology {
  const nodes = (job.plan.nodes ?? []).map(({ id, inputs }) => ({
    id,
    inputs: new Map((inputs ?? []).map((input) => [input.id, shipStrategyOf(input.ship_strategy)])),
  }));
  if (nodes.length === 0) throw new NotReady("The job has no plan yet.");
  const details = new Map(job.vertices.map((vertex) => [vertex.id, vertex]));
  const topology = new Map<VertexId, Vertex>();
  let open = nodes;
  while (open.length > 0) {
    const ready = open.filter(({ inputs }) => [...inputs.keys()].every((input) => topology.has(input)));
    if (ready.length === 0) throw new NotReady("The job's plan has inputs that are no vertices.");
    for (const { id, inputs } of ready) {
      const outputs = new Map(
        nodes.flatMap((node) => {
          const ship = node.inputs.get(id);
          return ship === undefined ? [] : [[node.id, ship] as const];
        }),
      );
      const vertex = vertexOf(id, inputs, outputs, details.get(id));
      const hasPartitions = isSource(vertex) && !vertex.isFinished;
      topology.set(id, hasPartitions ? { ...vertex, partitions: partitionsOf(id) } : vertex);
    }
    open = open.filter(({ id }) => !topology.has(id));
  }
  return topology;
}

/** A vertex has the state of the task that is the least far. */
const startingStates: ReadonlySet<string> = new Set(["CREATED", "SCHEDULED", "DEPLOYING", "INITIALIZING"]);

/** Flink has written it in either case. */
export const shipStrategyOf = (text: string): string => text.toUpperCase();

function vertexOf(
  id: VertexId,
  inputs: ReadonlyMap<VertexId, string>,
  outputs: ReadonlyMap<VertexId, string>,
  detail: JobDetails["vertices"][number] | undefined,
): Vertex {
  if (detail === undefined) throw new NotReady(`The job has no details of its vertex ${id}.`);
  const counter = (name: string) => {
    const value = detail.metrics[name];
    return value === undefined ? Number.NaN : Number(value);
  };
  return {
    id,
    ...(typeof detail.name === "string" ? { name: detail.name } : {}),
    parallelism: detail.parallelism,
    maxParallelism: detail.maxParallelism ?? -1,
    inputs,
    outputs,
    isFinished: detail.status === "FINISHED",
    isStarting: startingStates.has(detail.status),
    partitions: 0,
    slotSharingGroup: detail.slotSharingGroupId ?? undefined,
    recordsIn: counter("read-records"),
    recordsOut: counter("write-records"),
    accumulatedBusyTime: counter("accumulated-busy-time"),
  };
}
