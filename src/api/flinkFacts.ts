/**
 * The facts from a JobManager's REST API, and the plan of what to poll from it. They are declared here because src/flink
 * collects them and src/core decides on them.
 */

import type { FlinkVersion } from "./v1beta1/common.ts";

export interface RestEndpoint {
  readonly host: string;
  readonly port: number;
  /** Absent: plain HTTP. */
  readonly tls?: RestTls | undefined;
}

/** The truststore for a JobManager's certificate, and the operator's client certificate if it requires one. */
export interface RestTls {
  readonly truststore: RestStore;
  readonly keystore?: RestStore | undefined;
}

/** A file of certificates in the operator's own container. */
export interface RestStore {
  /** The option with its path, for errors. */
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

/** One job of GET /jobs/overview. Times are milliseconds since the epoch. -1: none. */
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
  /** May be "<checkpoint-not-externally-addressable>". "": Flink returns none. */
  readonly externalPath: string;
  readonly isSavepoint: boolean;
  readonly discarded: boolean;
  /** When it was triggered, or restored for a restored one, in milliseconds since the epoch. */
  readonly timestamp: number;
  /** Bytes. */
  readonly stateSize: number | undefined;
  /** When its last task acknowledged it, in milliseconds since the epoch. Absent for a restored one. */
  readonly completedAt?: number | undefined;
}

/**
 * GET /jobs/:id/checkpoints. Flink responds from a cache, also for a job that has just ended, so the newest snapshots may be
 * missing. (Recorded in all versions from 1.16 to 2.3: a savepoint is missing right after its trigger is COMPLETED.)
 */
export interface CheckpointStatistics {
  readonly completedCount: number;
  readonly inProgressCount: number;
  /** When the newest checkpoint in progress was triggered, in milliseconds since the epoch. Absent: there is none. */
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

/** Counters of GET /jobs/:id/metrics since the JobManager started the job. Undefined until Flink has collected them. */
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

/**
 * The application of an application cluster, since Flink 2.3, once its main method has failed. Its job is listed as CANCELED
 * if it had been started. `failure` is absent while the application is still ending.
 */
export interface FailedApplication {
  readonly failure?: FlinkFailure | undefined;
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

/** One entry of `vertices` of GET /jobs/:id. Flink answers from a cache (web.refresh-interval, 3 s). */
export interface JobVertex {
  readonly id: string;
  readonly name: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** Tasks that run or have finished. */
  readonly running: number;
}

/** The parallelism that a vertex may have. */
export interface ParallelismBounds {
  readonly lowerBound: number;
  readonly upperBound: number;
}

/**
 * GET and PUT /jobs/:id/resource-requirements, by vertex id, since Flink 1.18. What is asked for, not what runs: a PUT is
 * answered before anything has changed.
 */
export type ResourceRequirements = Readonly<Record<string, { readonly parallelism: ParallelismBounds }>>;

/** What a change of the parallelism in place depends on. */
export interface JobParallelism {
  readonly jobId: string;
  /** Of the request, in milliseconds since the epoch. */
  readonly at: number;
  /** Undefined: the scheduler of the job cannot change its parallelism. */
  readonly requirements: ResourceRequirements | undefined;
  readonly vertices: readonly JobVertex[];
}

/** One entry of GET /taskmanagers. */
export interface TaskManagerInfo {
  readonly id: string;
  readonly slots: number;
  readonly freeSlots: number;
}

/** The status of a savepoint or stop-with-savepoint trigger. "unknown": the JobManager does not know the id. */
export type SavepointStatus =
  | { readonly state: "unknown" }
  | { readonly state: "in-progress" }
  | { readonly state: "completed"; readonly location: string }
  | { readonly state: "failed"; readonly failure: FlinkFailure };

/** The status of a checkpoint trigger. Only the checkpoint's details have its path, some seconds later. */
export type CheckpointTriggerStatus =
  | { readonly state: "unknown" }
  | { readonly state: "in-progress" }
  | { readonly state: "completed"; readonly checkpointId: number }
  | { readonly state: "failed"; readonly failure: FlinkFailure };

/** The status of a savepoint disposal. */
export type DisposalStatus =
  | { readonly state: "unknown" }
  | { readonly state: "in-progress" }
  | { readonly state: "completed" }
  | { readonly state: "failed"; readonly failure: FlinkFailure };

/** An asynchronous operation of a JobManager that is followed until its end. */
export type Operation =
  | { readonly kind: "savepoint" | "checkpoint"; readonly jobId: string; readonly triggerId: string }
  | { readonly kind: "disposal"; readonly triggerId: string; readonly path: string };

/**
 * The status of an operation. `location` is the path of the snapshot. It is undefined for a disposal, and for a checkpoint
 * whose details Flink does not have yet, or not any more.
 */
export type OperationStatus =
  | { readonly state: "unknown" }
  | { readonly state: "in-progress" }
  | { readonly state: "completed"; readonly location: string | undefined }
  | { readonly state: "failed"; readonly failure: FlinkFailure };

/** A followed operation and its last known status. */
export interface OperationFacts {
  readonly operation: Operation;
  /** Undefined: not known yet. `at`: when it was requested. `since`: when it had this status first. Milliseconds since the epoch. */
  readonly answer?:
    | { readonly at: number; readonly since: number; readonly status: OperationStatus }
    | undefined;
}

/**
 * Why a REST call failed. "answered": with an HTTP status. "refused": the host does not accept the connection. "timeout": no
 * response in time. "broken": the connection broke, or the response was not Flink's.
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
 * What to poll from one Flink cluster. A plan applies until it is replaced or removed. A plan with another `deploymentUid`
 * is for another cluster: all facts of the old one are dropped.
 */
export interface PollPlan {
  readonly endpoint: RestEndpoint;
  /** metadata.uid of the JobManager Deployment: the same name with another uid is another cluster. */
  readonly deploymentUid: string;
  /** The poll interval. "quick": sub-second, while something is in transition. "settled": `intervalMs` for the overview. */
  readonly pace: "quick" | "settled";
  /** Milliseconds between two job overviews of a settled cluster (kubernetes.operator.reconcile.interval). */
  readonly intervalMs: number;
  /** The plan ignores all other jobs in the overview, if there is one plan for each job of a JobManager. */
  readonly onlyJob?: boolean | undefined;
  /** The job of checkpoints, jobResult, exceptions and metrics. */
  readonly jobId?: string | undefined;
  /**
   * How long Flink caches checkpoints and exceptions, in milliseconds: rest.cache.checkpoint-statistics.timeout, which falls
   * back to web.refresh-interval. Absent: Flink's default, 3000.
   */
  readonly cacheMs?: number | undefined;
  readonly want: {
    readonly config?: boolean | undefined;
    readonly taskManagers?: boolean | undefined;
    readonly checkpoints?: boolean | undefined;
    readonly jobResult?: boolean | undefined;
    readonly exceptions?: boolean | undefined;
    readonly metrics?: boolean | undefined;
    readonly parallelism?: boolean | undefined;
    /** Whether a CANCELED job is that of an application that failed: it counts as FAILED then. */
    readonly application?: boolean | undefined;
    /** Each answer about checkpoints is a change of the facts: a decision waits for one that is fresh. */
    readonly freshCheckpoints?: boolean | undefined;
    readonly savepoint?: { readonly jobId: string; readonly triggerId: string } | undefined;
  };
}

/**
 * The facts about one Flink cluster from its REST API. Immutable: each response creates a new value. A part is absent until
 * its first response. When the plan changes to another job or trigger, the parts of the old one are dropped. `at` and
 * `jobsAt` are the times of the requests, in milliseconds since the epoch: the data is at least that new, so an `at` after
 * an action means that the response reflects the action.
 */
export interface FlinkFacts {
  readonly deploymentUid: string;
  /** The time of the last successful response, in milliseconds since the epoch. 0: none yet. */
  readonly observedAt: number;
  /** By the job overview. "never": no request has succeeded yet. "ok": the last one has. "failing": the last one has not. */
  readonly reachability: "never" | "ok" | "failing";
  /** The last of the consecutive failures. Absent while the endpoint responds. */
  readonly lastFailure?: RestFailure | undefined;
  /** The time of the first of the consecutive failures, in milliseconds since the epoch. Absent while the endpoint responds. */
  readonly failingSince?: number | undefined;
  /** Milliseconds since the epoch of the first overview of the present run of answers; absent while there is none. */
  readonly answeringSince?: number | undefined;
  readonly consecutiveFailures: number;
  readonly config?: ClusterConfig | undefined;
  readonly jobs?: readonly JobOverview[] | undefined;
  readonly jobsAt?: number | undefined;
  /**
   * `statistics` is undefined if the job has no checkpointing. If `jobs` shows the plan's job as ended, this is always a
   * response from after Flink's cache has expired, which has the job's last snapshot.
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
   * `before`: the previous number of restarts, and when it was last observed. A counter that Flink has not collected keeps
   * its last known value.
   */
  readonly metrics?:
    | ({
        readonly jobId: string;
        readonly at: number;
        readonly before?: { readonly at: number; readonly restarts: number } | undefined;
      } & JobMetrics)
    | undefined;
  readonly parallelism?: JobParallelism | undefined;
  /**
   * The parts whose last request failed while the endpoint itself responds. The part keeps its last good value, if there is
   * one.
   */
  readonly partFailures?: Readonly<Partial<Record<ObservedPart, RestFailure>>> | undefined;
}

/** The request that starts a job from an uploaded jar. */
export interface RunJar {
  /** The version of the session cluster: older versions have other fields in the request. */
  readonly flinkVersion: FlinkVersion;
  /** Chosen by the caller, so that a repeated request is idempotent. */
  readonly jobId: string;
  readonly entryClass?: string | undefined;
  readonly programArgs: readonly string[];
  readonly parallelism?: number | undefined;
  readonly allowNonRestoredState?: boolean | undefined;
  /** The snapshot to restore from, in NO_CLAIM mode: Flink never deletes it. */
  readonly savepointPath?: string | undefined;
  /** The job's own configuration, honoured since Flink 1.17. */
  readonly flinkConfiguration: Readonly<Record<string, string>>;
}

/** All inputs of the start of a session job on its session cluster. */
export interface Submission {
  /** Undefined: an empty jar, for a class in the image. */
  readonly jarURI: string | undefined;
  /** A jar that the operator has itself, instead. */
  readonly ownJar?: { readonly name: string; readonly base64: string } | undefined;
  /** Where the ConfigMaps are that the arguments of an SQL script refer to. */
  readonly namespace?: string | undefined;
  /** Of a check: a hash of the texts that the running script was submitted with, if they are known. */
  readonly runningTexts?: string | undefined;
  /** The jars of an application, which its pods fetch themselves: `field` names each in errors. */
  readonly jars?: readonly TriedJar[] | undefined;
  /** The request headers for the download of the jar. */
  readonly headers: ReadonlyMap<string, string>;
  /** Milliseconds from the start of the download to Flink's response. */
  readonly deadlineMs: number;
  readonly run: RunJar;
}

/** `isDeployed`: the running job has it, so it is enough that its source begins to send it. */
export interface TriedJar {
  readonly field: string;
  readonly uri: string;
  readonly isDeployed?: true;
}

/** The state of a submission by this process. */
export type SubmissionFacts = SubmissionState & {
  /** A hash of what the script of the job refers to, as it was sent. Absent: it refers to nothing, or is not sent yet. */
  readonly texts?: string | undefined;
  /** How many of the last attempts in a row had no answer in time: what they asked for may still be going on. Absent: the last had one. */
  readonly timeouts?: number | undefined;
};

type SubmissionState =
  /** `tries`: the number of consecutive failures before. */
  | { readonly jobId: string; readonly state: "running"; readonly tries: number }
  /**
   * The JobManager has accepted the job, or had it already. `at`: milliseconds since the epoch. `answer`: the outcome of the check of a
   * script (FlinkRest.checkScript).
   */
  | {
      readonly jobId: string;
      readonly state: "accepted";
      readonly at: number;
      readonly answer?: string | undefined;
    }
  /** `tries`: the number of consecutive failures. */
  | {
      readonly jobId: string;
      readonly state: "failed";
      readonly at: number;
      readonly tries: number;
      readonly error: string;
      /** True: the job will not start. False: it may have started, or may still start. */
      readonly certain: boolean;
      /**
       * Why others may have the jar all the same: this process has not their credentials or certificates, or does not reach the
       * source at present. Absent: there is no reason.
       */
      readonly doubt?: "denied" | "unreachable" | undefined;
    };

/** The parts that a plan can request in addition to the overview. */
export type ObservedPart =
  | "config"
  | "taskManagers"
  | "checkpoints"
  | "jobResult"
  | "exceptions"
  | "metrics"
  | "parallelism"
  | "savepoint";
