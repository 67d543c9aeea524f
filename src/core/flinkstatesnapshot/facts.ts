import type { JobState, OperationFacts, RestEndpoint } from "../../api/flinkFacts.ts";
import type { FailedJob } from "../job/snapshots/snapshotFailure.ts";

/** Everything that a pass of one FlinkStateSnapshot decides on, read in one instant. */
export interface Facts {
  /** The job that it refers to; undefined where it refers to none. */
  readonly job: ReferredJob | "missing" | undefined;
  /** What is followed for this snapshot: its trigger, or the disposal of its data. */
  readonly operation: OperationFacts | undefined;
  /** The trigger id that this process wrote down and has not sent: no JobManager knows it. */
  readonly unsent?: string | undefined;
  /** Another snapshot of the same job is being taken. */
  readonly othersOpen: boolean;
  /** The path of a savepoint that another snapshot, or the job's status, already names as its own. */
  isClaimed(path: string): boolean;
  /** Who may still restore from this path, in words; undefined: nobody. */
  neededBy(path: string): string | undefined;
  /** The cluster that was named to dispose of savepoints; undefined where none was. */
  readonly disposer: Disposer | undefined;
}

/** A job as a snapshot of it sees it, whatever kind of resource it belongs to. */
export interface ReferredJob {
  /** The cluster that the poller knows it by. */
  readonly cluster: string;
  /** Of a session job, the name of its session cluster. */
  readonly sessionCluster: string | undefined;
  /** Where its JobManager answers; undefined: nowhere at present. */
  readonly endpoint: RestEndpoint | undefined;
  readonly hasJob: boolean;
  /** Its resource is not being deleted, and its job not suspended. */
  readonly toRun: boolean;
  readonly jobId: string | undefined;
  readonly state: JobState | undefined;
  /** When its present run began, in milliseconds since the epoch. */
  readonly startedAt: number | undefined;
  /** What Flink has said of it that may be the cause of a snapshot's failure. */
  readonly told?: FailedJob | undefined;
  /** All its tasks run: before, Flink refuses a snapshot. */
  readonly canBeSnapshot: boolean;
  readonly flinkVersion: string | undefined;
  readonly savepointDirectory: string | undefined;
  readonly checkpointType: "FULL" | "INCREMENTAL";
  /** The newest savepoint in Flink's own list; undefined: Flink has not told. */
  readonly newestSavepoint: { readonly path: string; readonly takenAt: number } | "none" | undefined;
}

export interface Disposer {
  readonly name: string;
  readonly cluster: string;
  /** Undefined: there is no such cluster, or its JobManager does not answer. */
  readonly endpoint: RestEndpoint | undefined;
}
