import type { VertexId } from "../model/metrics.ts";

/** The answers of Flink's REST API that one cycle reads, and what the autoscaler reads of them. */

/** An answer, or the message of the error in its place. */
export type Answer<Body> = { readonly body: Body } | { readonly error: string };

/** GET /jobs/:jobid */
export interface JobDetails {
  /** When the job entered each state; 0: never. */
  readonly timestamps: { readonly RUNNING?: number };
  readonly vertices: readonly {
    readonly id: VertexId;
    readonly name?: string;
    readonly parallelism: number;
    /** Absent before Flink 1.17. */
    readonly maxParallelism?: number;
    readonly status: string;
    readonly slotSharingGroupId?: string | null;
    readonly metrics: Readonly<Record<string, number | boolean | string>>;
  }[];
  readonly plan: {
    /** Absent or empty until the job's graph is there. */
    readonly nodes?: readonly {
      readonly id: VertexId;
      readonly inputs?: readonly { readonly id: VertexId; readonly ship_strategy: string }[];
    }[];
  };
}

/** One metric over all subtasks or TaskManagers. */
export interface Aggregate {
  readonly min: number;
  readonly max: number;
  readonly avg: number;
  readonly sum: number;
}

export type Aggregates = ReadonlyMap<string, Aggregate>;

export interface FlinkAnswers {
  readonly job: Answer<JobDetails>;
  /** GET /jobs/:jobid/vertices/:vertexid/subtasks/metrics: names, and their values. */
  readonly vertexMetricNames: (vertex: VertexId) => Answer<readonly string[]>;
  readonly vertexMetrics: (vertex: VertexId, names: readonly string[]) => Answer<Aggregates>;
  /** GET /jobmanager/metrics */
  readonly jobManagerMetrics: Answer<ReadonlyMap<string, number>>;
  /** GET /taskmanagers/metrics. Empty if one of the names is unknown. */
  readonly taskManagerMetrics: (names: readonly string[]) => Answer<Aggregates>;
}
