import type { Counts } from "../measure/audit.ts";

/**
 * How a JobManager's REST behaves: as Flink; as Flink after two seconds; accepts connections and answers nothing; resets
 * each connection.
 */
export const modes = ["answers", "slow", "hung", "refuses"] as const;
export type Mode = (typeof modes)[number];

/** Of the REST of all JobManagers together. */
export interface FlinkCounts {
  /** Calls by what they ask for. */
  readonly calls: Counts;
  /** Connections that were accepted. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
}

export interface Stats {
  /** Pods that run now. */
  readonly pods: number;
  /** When the newest pod began to run, in milliseconds since the epoch; 0 before the first. */
  readonly lastPodAt: number;
  readonly flink: FlinkCounts;
}

/** What the bench asks of the fake cluster's process. */
export type Question =
  | { readonly ask: "stats" }
  /** Sets the mode of the JobManagers of these clusters, and of the pods that replace them. */
  | { readonly ask: "mode"; readonly mode: Mode; readonly clusters: readonly string[] };

export type ToFake = Question & { readonly id: number };
/** The answer to the question with the id; 0: it is ready. */
export interface FromFake {
  readonly id: number;
  readonly stats: Stats;
}
