import type { EvaluatedValues, VertexId } from "./metrics.ts";

/** What the autoscaler stores of a job. Times are in milliseconds since the epoch, maps are in the order of time. */

/** One scaling of one vertex. */
export interface ScalingSummary {
  readonly currentParallelism: number;
  readonly newParallelism: number;
  /** Everything that was evaluated of the vertex. */
  readonly metrics: EvaluatedValues;
}

/** The past scalings of each vertex, by their time. */
export type ScalingHistory = ReadonlyMap<VertexId, ReadonlyMap<number, ScalingSummary>>;

/** Past scalings of the job, by their time. */
export type ScalingTracking = ReadonlyMap<number, { readonly restartMs: number | undefined }>;

export interface Recommendation {
  readonly at: number;
  readonly parallelism: number;
  readonly isOutsideBound: boolean;
}

/** A scale-down that waits. */
export interface DelayedVertex {
  readonly firstAt: number;
  /** In the order of time, with decreasing parallelism. */
  readonly recommendations: readonly Recommendation[];
}

export type DelayedScaleDown = ReadonlyMap<VertexId, DelayedVertex>;

/** The parallelism that the job should have, by vertex. */
export type ParallelismOverrides = ReadonlyMap<VertexId, number>;

/** Changes of the job's configuration by memory tuning. */
export interface ConfigOverrides {
  readonly overrides: ReadonlyMap<string, string>;
  readonly removals: readonly string[];
}

export const noConfigOverrides: ConfigOverrides = { overrides: new Map(), removals: [] };
