import type { VertexId } from "./metrics.ts";

/** A parallelism that is to be aligned, and what bounds it. */
export interface Unaligned {
  readonly vertex: VertexId;
  readonly current: number;
  /** Within the limits. */
  readonly target: number;
  /** 0: not known. */
  readonly partitions: number;
  readonly maxParallelism: number;
  readonly lower: number;
  readonly upper: number;
  readonly shipStrategies: readonly string[];
}
