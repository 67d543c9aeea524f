import type { JobState, OperationFacts, RestEndpoint } from "../../api/flinkFacts.ts";
import type { FailedJob } from "../job/snapshots/snapshotFailure.ts";

/** All facts for one reconcile of a FlinkStateSnapshot, read at one moment. */
export interface Facts {
  /** The job that it refers to; undefined if it refers to none. */
  readonly job: ReferredJob | "missing" | undefined;
  /** The followed operation of this snapshot: its trigger, or the disposal of its data. */
  readonly operation: OperationFacts | undefined;
  /** The trigger id that this process has recorded and not sent: no JobManager knows it. */
  readonly unsent?: string | undefined;
  /** Another snapshot of the same job is in progress. */
  readonly othersOpen: boolean;
  /** Whether another snapshot or the job's status already has this savepoint path. */
  isClaimed(path: string): boolean;
  /** Who may still restore from this path, in words; undefined: no one. */
  neededBy(path: string): string | undefined;
  /** The cluster that is configured to dispose of savepoints; undefined if there is none. */
  readonly disposer: Disposer | undefined;
}

/** A job from the view of its snapshot, for both kinds of resources. */
export interface ReferredJob {
  /** The cluster name that the poller uses. */
  readonly cluster: string;
  /** Session jobs only: the name of the session cluster. */
  readonly sessionCluster: string | undefined;
  /** The endpoint of its JobManager; undefined: there is none at present. */
  readonly endpoint: RestEndpoint | undefined;
  readonly hasJob: boolean;
  /** Its resource is not being deleted, and its job not suspended. */
  readonly toRun: boolean;
  readonly jobId: string | undefined;
  readonly state: JobState | undefined;
  /** When its current run began, in milliseconds since the epoch. */
  readonly startedAt: number | undefined;
  /** What Flink has reported of the job that may be the cause of a snapshot's failure. */
  readonly reported?: FailedJob | undefined;
  /** All its tasks run. Until then Flink refuses a snapshot. */
  readonly canBeSnapshot: boolean;
  readonly flinkVersion: string | undefined;
  readonly savepointDirectory: string | undefined;
  /** The format of the savepoints that the operator takes. */
  readonly savepointFormat: "CANONICAL" | "NATIVE";
  readonly checkpointType: "FULL" | "INCREMENTAL";
  /** The newest savepoint in Flink's own list; undefined: Flink has not reported it. */
  readonly newestSavepoint: { readonly path: string; readonly takenAt: number } | "none" | undefined;
}

export interface Disposer {
  readonly name: string;
  readonly cluster: string;
  /** Undefined: there is no such cluster, or its JobManager does not answer. */
  readonly endpoint: RestEndpoint | undefined;
}
