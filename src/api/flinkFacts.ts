/**
 * What a JobManager says over REST, as plain values, and what the operator asks to be observed of it. They stand
 * here because both sides of the border speak them: src/flink gathers them, src/core decides on them.
 */

import type { FlinkVersion } from "./v1beta1/common.ts";

export interface RestEndpoint {
  readonly host: string;
  readonly port: number;
  /** Absent: plain HTTP. */
  readonly tls?: RestTls | undefined;
}

/** How a JobManager's certificate is checked and, where it asks for one, which the operator shows. */
export interface RestTls {
  readonly truststore: RestStore;
  readonly keystore?: RestStore | undefined;
}

/** A file of certificates in the operator's own container. */
export interface RestStore {
  /** The option that names it, for errors. */
  readonly option: string;
  readonly path: string | undefined;
  readonly password: string | undefined;
}

/** GET /config */
export interface ClusterConfig {
  readonly flinkVersion: string;
  readonly flinkRevision: string;
}

export const jobStates = [
  "INITIALIZING",
  "CREATED",
  "RUNNING",
  "FAILING",
  "FAILED",
  "CANCELLING",
  "CANCELED",
  "FINISHED",
  "RESTARTING",
  "SUSPENDED",
  "RECONCILING",
] as const;

export type JobState = (typeof jobStates)[number];

/** One job of GET /jobs/overview. Times are milliseconds since the epoch, -1 where Flink has none. */
export interface JobOverview {
  readonly id: string;
  readonly name: string;
  readonly state: JobState;
  readonly startTime: number;
  readonly endTime: number;
  readonly lastModification: number;
  /** Number of tasks per task state in lower case, and "total". */
  readonly tasks: Readonly<Record<string, number>>;
}

/**
 * The job's tasks run, as far as they are to run by now. Flink calls a job RUNNING from when it begins to schedule them,
 * also where there are no slots. Stages of a batch job that are not scheduled yet do not count; once a task has finished,
 * those that wait for its slot do not either.
 */
export function isAtWork({ state, tasks }: Pick<JobOverview, "state" | "tasks">): boolean {
  const { running = 0, finished = 0, created = 0, total = 0 } = tasks;
  const waiting = total - running - finished - created;
  return state === "RUNNING" && running + finished > 0 && (waiting <= 0 || finished > 0);
}

export interface CompletedSnapshot {
  /** Checkpoint id: higher is newer within one job. */
  readonly id: number;
  /** "<checkpoint-not-externally-addressable>" stands as it comes; "" where Flink names none. */
  readonly externalPath: string;
  readonly isSavepoint: boolean;
  readonly discarded: boolean;
  /** Milliseconds since the epoch at which it was triggered; for a restored one, of the restore. */
  readonly timestamp: number;
  /** Bytes. */
  readonly stateSize: number | undefined;
  /** Milliseconds since the epoch when its last task acknowledged it; absent for a restored one. */
  readonly completedAt?: number | undefined;
}

/**
 * GET /jobs/:id/checkpoints. Flink answers it from a cache, also for a job that has just ended: such an answer may lack
 * the newest snapshots. (Recorded in all versions from 1.16 to 2.3: right after a savepoint's trigger said COMPLETED,
 * the savepoint was not in it.)
 */
export interface CheckpointStatistics {
  readonly completedCount: number;
  readonly inProgressCount: number;
  /** When the newest of them was triggered, in milliseconds since the epoch; absent where none is under way. */
  readonly pendingSince?: number | undefined;
  /** The savepoint with which somebody stops the job; absent where the job is not being stopped. */
  readonly stopping?: StoppingSavepoint | undefined;
  /** When the newest other savepoint that is under way was triggered; absent where none is. */
  readonly savepointSince?: number | undefined;
  readonly latestCompleted: CompletedSnapshot | undefined;
  readonly latestSavepoint: CompletedSnapshot | undefined;
  readonly latestRestored: CompletedSnapshot | undefined;
}

/** Times are milliseconds since the epoch, by Flink's clock. */
export interface StoppingSavepoint {
  readonly since: number;
  /** When it was complete; absent while it is being taken. From then on the job's tasks end. */
  readonly completedAt?: number | undefined;
}

/** Counters of GET /jobs/:id/metrics since the JobManager started the job; undefined while Flink has not collected one. */
export interface JobMetrics {
  readonly restarts: number | undefined;
  readonly completedCheckpoints: number | undefined;
}

/** A Throwable as Flink serialises it. */
export interface FlinkFailure {
  /** Fully qualified Java class name. */
  readonly className: string;
  /** Java's printStackTrace text. */
  readonly stackTrace: string;
}

/** GET /jobs/:id/execution-result of a job that has ended. */
export interface JobResult {
  readonly status: "SUCCEEDED" | "FAILED" | "CANCELED" | "UNKNOWN";
  readonly failure: FlinkFailure | undefined;
}

/** One entry of GET /jobs/:id/exceptions. */
export interface JobException {
  readonly name: string;
  readonly stackTrace: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly taskName: string | undefined;
  readonly endpoint: string | undefined;
  /** Since Flink 1.17. */
  readonly taskManagerId: string | undefined;
  /** Since Flink 1.18. */
  readonly failureLabels: Readonly<Record<string, string>>;
}

/** One entry of GET /taskmanagers. */
export interface TaskManagerInfo {
  readonly id: string;
  readonly slots: number;
  readonly freeSlots: number;
}

/** What became of a savepoint or stop-with-savepoint trigger; "unknown" where the JobManager has no such id. */
export type SavepointStatus =
  | { readonly state: "unknown" }
  | { readonly state: "in-progress" }
  | { readonly state: "completed"; readonly location: string }
  | { readonly state: "failed"; readonly failure: FlinkFailure };

/** What became of a checkpoint trigger. Where the checkpoint is, only its details tell, some seconds later. */
export type CheckpointTriggerStatus =
  | { readonly state: "unknown" }
  | { readonly state: "in-progress" }
  | { readonly state: "completed"; readonly checkpointId: number }
  | { readonly state: "failed"; readonly failure: FlinkFailure };

/** What became of the disposal of a savepoint. */
export type DisposalStatus =
  | { readonly state: "unknown" }
  | { readonly state: "in-progress" }
  | { readonly state: "completed" }
  | { readonly state: "failed"; readonly failure: FlinkFailure };

/** Something that a JobManager was, or is about to be, asked to do in the background, and that somebody waits for. */
export type Operation =
  | { readonly kind: "savepoint" | "checkpoint"; readonly jobId: string; readonly triggerId: string }
  | { readonly kind: "disposal"; readonly triggerId: string; readonly path: string };

/**
 * How far an operation is. `location` is the path of the snapshot; undefined for a disposal, and for a checkpoint whose
 * details Flink does not tell yet, or not any more.
 */
export type OperationStatus =
  | { readonly state: "unknown" }
  | { readonly state: "in-progress" }
  | { readonly state: "completed"; readonly location: string | undefined }
  | { readonly state: "failed"; readonly failure: FlinkFailure };

/** An operation that is followed, and what its JobManager said of it last. */
export interface OperationFacts {
  readonly operation: Operation;
  /** Absent: nothing yet. `at`: when it was asked; `since`: when it first said this; both in milliseconds since the epoch. */
  readonly answer?:
    | { readonly at: number; readonly since: number; readonly status: OperationStatus }
    | undefined;
}

/**
 * Why a REST call did not succeed: "answered" carries an HTTP status, the other kinds mean that no whole answer
 * came (nobody listens; no answer in time; the connection or the answer broke off half way or was not Flink's).
 */
export type RestFailureKind = "answered" | "refused" | "timeout" | "broken";

export interface RestFailure {
  readonly kind: RestFailureKind;
  /** HTTP status; 0 unless the kind is "answered". */
  readonly status: number;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Of a part: when the first of the present run of failures was, in milliseconds since the epoch. */
  readonly since?: number | undefined;
}

/**
 * What to observe of one Flink cluster. A plan stands until it is replaced or removed; a plan with another
 * `deploymentUid` is about another cluster, and everything known of the old one is dropped.
 */
export interface PollPlan {
  readonly endpoint: RestEndpoint;
  /** metadata.uid of the JobManager Deployment: the same name with another uid is another cluster. */
  readonly deploymentUid: string;
  /** "quick" while something is in transition: sub-second; "settled": `intervalMs` for the job overview. */
  readonly pace: "quick" | "settled";
  /** Milliseconds between two job overviews of a settled cluster (kubernetes.operator.reconcile.interval). */
  readonly intervalMs: number;
  /** Of several plans for one JobManager, each about one job: nothing else in the overview matters to this one. */
  readonly onlyJob?: boolean | undefined;
  /** The job that checkpoints, jobResult and exceptions are about. */
  readonly jobId?: string | undefined;
  /**
   * Milliseconds for which Flink answers checkpoints and exceptions from a cache: rest.cache.checkpoint-statistics.timeout,
   * which falls back to web.refresh-interval. Absent: Flink's default, 3000.
   */
  readonly cacheMs?: number | undefined;
  readonly want: {
    readonly config?: boolean | undefined;
    readonly taskManagers?: boolean | undefined;
    readonly checkpoints?: boolean | undefined;
    readonly jobResult?: boolean | undefined;
    readonly exceptions?: boolean | undefined;
    readonly metrics?: boolean | undefined;
    /** Each answer about checkpoints is a change of the facts: a decision waits for one that is fresh. */
    readonly freshCheckpoints?: boolean | undefined;
    readonly savepoint?: { readonly jobId: string; readonly triggerId: string } | undefined;
  };
}

/**
 * What is known of one Flink cluster from its REST endpoint. Immutable: a newer answer makes a newer value. A part is
 * absent until its first answer; a part of another job or trigger than the plan's is dropped with the plan that
 * asked for it. `at` and `jobsAt` say when the call was sent, in milliseconds since the epoch, so that what they
 * date is at least that new: an `at` after an act means that the answer has seen the act.
 */
export interface FlinkFacts {
  readonly deploymentUid: string;
  /** Milliseconds since the epoch of the last call that succeeded; 0 before the first. */
  readonly observedAt: number;
  /** Of the overview of jobs. "never": none succeeded yet; "ok": the last one did; "failing": the last one did not. */
  readonly reachability: "never" | "ok" | "failing";
  /** The last failed call of the present run of failures; absent while the endpoint answers. */
  readonly lastFailure?: RestFailure | undefined;
  /** Milliseconds since the epoch of the first of the present run of failures; absent while it answers. */
  readonly failingSince?: number | undefined;
  /** Milliseconds since the epoch of the first overview of the present run of answers; absent while there is none. */
  readonly answeringSince?: number | undefined;
  readonly consecutiveFailures: number;
  readonly config?: ClusterConfig | undefined;
  readonly jobs?: readonly JobOverview[] | undefined;
  readonly jobsAt?: number | undefined;
  /**
   * `statistics` is undefined where the job has checkpointing switched off. While `jobs` shows the plan's job as ended,
   * only an answer from after Flink's cache has run out stands here: it has the job's last snapshot.
   */
  readonly checkpoints?:
    | {
        readonly jobId: string;
        readonly at: number;
        /**
         * The answer is not older than this, in milliseconds since the epoch: Flink may have taken it from its cache. Where the
         * operator is not the only one that asks, it may be older by up to `cacheMs`. Absent: not known.
         */
        readonly asOf?: number | undefined;
        /** It is not older than the request for a fresh one in the plan, which stands. */
        readonly isRequested?: boolean | undefined;
        readonly statistics: CheckpointStatistics | undefined;
      }
    | undefined;
  /** `result` is undefined while the job runs. */
  readonly jobResult?:
    | { readonly jobId: string; readonly at: number; readonly result: JobResult | undefined }
    | undefined;
  readonly savepoint?:
    | {
        readonly jobId: string;
        readonly triggerId: string;
        readonly at: number;
        readonly status: SavepointStatus;
      }
    | undefined;
  readonly taskManagers?: { readonly at: number; readonly list: readonly TaskManagerInfo[] } | undefined;
  /** Newest first; the newest ten. */
  readonly exceptions?:
    | { readonly jobId: string; readonly at: number; readonly list: readonly JobException[] }
    | undefined;
  /**
   * `before`: the number of restarts that was counted until there were more, and when it was last told. A part of the
   * answer that Flink has not collected yet shows its last known value.
   */
  readonly metrics?:
    | ({
        readonly jobId: string;
        readonly at: number;
        readonly before?: { readonly at: number; readonly restarts: number } | undefined;
      } & JobMetrics)
    | undefined;
  /**
   * The parts whose last call failed while the endpoint itself answers: the part still shows its last good answer,
   * if there was one.
   */
  readonly partFailures?: Readonly<Partial<Record<ObservedPart, RestFailure>>> | undefined;
}

/** What starts a job of an uploaded jar. */
export interface RunJar {
  /** Of the session cluster: the request has other fields in older versions. */
  readonly flinkVersion: FlinkVersion;
  /** Chosen by the caller, so that the same call again starts nothing. */
  readonly jobId: string;
  readonly entryClass?: string | undefined;
  readonly programArgs: readonly string[];
  readonly parallelism?: number | undefined;
  readonly allowNonRestoredState?: boolean | undefined;
  /** Restored from without claiming it: Flink never deletes it. */
  readonly savepointPath?: string | undefined;
  /** The job's own configuration, honoured since Flink 1.17. */
  readonly flinkConfiguration: Readonly<Record<string, string>>;
}

/** All that it takes to start a session job on its session cluster. */
export interface Submission {
  /** Undefined: an empty jar, for a class that the image brings along. */
  readonly jarURI: string | undefined;
  /** What the download of the jar asks with. */
  readonly headers: ReadonlyMap<string, string>;
  /** Milliseconds from the download to Flink's answer. */
  readonly deadlineMs: number;
  readonly run: RunJar;
}

/** What is known of a submission that this process has begun. */
export type SubmissionFacts =
  /** `tries`: how often in a row it has failed before. */
  | { readonly jobId: string; readonly state: "running"; readonly tries: number }
  /** The JobManager took it, or had it already. `at`: milliseconds since the epoch. */
  | { readonly jobId: string; readonly state: "accepted"; readonly at: number }
  /** `tries`: how often in a row. */
  | {
      readonly jobId: string;
      readonly state: "failed";
      readonly at: number;
      readonly tries: number;
      readonly error: string;
      /** The job was not started; else it may have been, or may still be. */
      readonly certain: boolean;
    };

/** What a plan can want beside the overview of jobs. */
export type ObservedPart =
  | "config"
  | "taskManagers"
  | "checkpoints"
  | "jobResult"
  | "exceptions"
  | "metrics"
  | "savepoint";
