import type { VertexId } from "./metrics.ts";

/** One vertex of the running job's graph. */
export interface Vertex {
  readonly id: VertexId;
  /** For people. Absent: Flink does not say. */
  readonly name?: string;
  readonly parallelism: number;
  /** -1: Flink does not say. */
  readonly maxParallelism: number;
  /** Ship strategies by the vertex upstream, in Flink's words: HASH, FORWARD, REBALANCE, ... */
  readonly inputs: ReadonlyMap<VertexId, string>;
  readonly outputs: ReadonlyMap<VertexId, string>;
  readonly isFinished: boolean;
  /** Some of its tasks have not begun to run: they may be restoring their state while the job is RUNNING. */
  readonly isStarting: boolean;
  /** 0: not known, or no partitioned source. */
  readonly partitions: number;
  /** Undefined: Flink does not say (before 1.18). */
  readonly slotSharingGroup: string | undefined;
  /** Counters since the vertex started. */
  readonly recordsIn: number;
  readonly recordsOut: number;
  /** Milliseconds, over all subtasks. NaN: not known. */
  readonly accumulatedBusyTime: number;
}

/** Vertices by their id, each after all of its inputs. */
export type Topology = ReadonlyMap<VertexId, Vertex>;

export const isSource = (vertex: Vertex): boolean => vertex.inputs.size === 0;

/** The vertices of each slot sharing group. Empty: Flink does not name the groups. */
export function slotSharingGroups(topology: Topology): VertexId[][] {
  const groups = new Map<string, VertexId[]>();
  for (const { id, slotSharingGroup } of topology.values()) {
    if (slotSharingGroup === undefined) continue;
    groups.set(slotSharingGroup, [...(groups.get(slotSharingGroup) ?? []), id]);
  }
  return [...groups.values()];
}
