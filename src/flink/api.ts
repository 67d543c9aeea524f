import type {
  CheckpointStatistics,
  CheckpointTriggerStatus,
  ClusterConfig,
  DisposalStatus,
  FailedApplication,
  JobException,
  JobMetrics,
  JobOverview,
  JobResult,
  JobVertex,
  ResourceRequirements,
  RestEndpoint,
  RestFailureKind,
  RunJar,
  SavepointStatus,
  TaskManagerInfo,
} from "../api/flinkFacts.ts";

export type * from "../api/flinkFacts.ts";

/**
 * The calls of a JobManager's REST API that the operator uses. `client.ts` implements them over HTTP; the simulation has
 * its own implementation. Every method rejects only with a FlinkRestError.
 */
export interface FlinkRest {
  /** GET /config */
  config(at: RestEndpoint): Promise<ClusterConfig>;
  /** GET /jobs/overview */
  jobs(at: RestEndpoint): Promise<JobOverview[]>;
  /** GET /jobs/:id/checkpoints. Undefined: the job has no checkpointing. */
  checkpoints(at: RestEndpoint, jobId: string): Promise<CheckpointStatistics | undefined>;
  /** GET /jobs/:id/execution-result. Undefined while the job runs. */
  jobResult(at: RestEndpoint, jobId: string): Promise<JobResult | undefined>;
  /** GET /applications/overview and /applications/:id/exceptions. Undefined: none has failed. Since Flink 2.3. */
  failedApplication(at: RestEndpoint): Promise<FailedApplication | undefined>;
  /** GET /jobs/:id/exceptions?maxExceptions=n, newest first. */
  exceptions(at: RestEndpoint, jobId: string, max: number): Promise<JobException[]>;
  /** GET /jobs/:id/metrics of the job's restarts and completed checkpoints. */
  metrics(at: RestEndpoint, jobId: string): Promise<JobMetrics>;
  /** GET of any path: the JSON of the response. */
  read(at: RestEndpoint, path: string): Promise<{ readonly body: unknown }>;
  /** GET /jobs/:id: the vertices, from a cache. */
  vertices(at: RestEndpoint, jobId: string): Promise<JobVertex[]>;
  /** GET /jobs/:id/resource-requirements. Undefined: the scheduler of the job cannot change its parallelism. */
  resourceRequirements(at: RestEndpoint, jobId: string): Promise<ResourceRequirements | undefined>;
  /**
   * PUT /jobs/:id/resource-requirements. The answer says that they are noted. 409: another update is under way. Idempotent.
   * Flink does not refuse every impossible bound, and some end its process: send only what `checkRequirements` accepts.
   */
  updateResourceRequirements(at: RestEndpoint, jobId: string, wanted: ResourceRequirements): Promise<void>;
  /** GET /overview. Flink responds only after the ResourceManager is available. */
  overview(at: RestEndpoint): Promise<void>;
  /** GET /taskmanagers. Flink logs an error if the ResourceManager is not available yet. */
  taskManagers(at: RestEndpoint): Promise<TaskManagerInfo[]>;
  /** GET /jobs/:id/savepoints/:trigger. "unknown": the JobManager does not know the id (any more). */
  savepointStatus(at: RestEndpoint, jobId: string, triggerId: string): Promise<SavepointStatus>;
  /** POST /jobs/:id/stop. Idempotent by trigger id. */
  stopWithSavepoint(at: RestEndpoint, jobId: string, request: StopWithSavepoint): Promise<void>;
  /** POST /jobs/:id/savepoints. Idempotent by trigger id. */
  triggerSavepoint(at: RestEndpoint, jobId: string, request: TriggerSavepoint): Promise<void>;
  /** POST /jobs/:id/checkpoints, since Flink 1.17. Idempotent by trigger id. */
  triggerCheckpoint(at: RestEndpoint, jobId: string, request: TriggerCheckpoint): Promise<void>;
  /** GET /jobs/:id/checkpoints/:trigger. "unknown": the JobManager does not know the id (any more). */
  checkpointStatus(at: RestEndpoint, jobId: string, triggerId: string): Promise<CheckpointTriggerStatus>;
  /**
   * GET /jobs/:id/checkpoints/details/:checkpoint. Undefined: Flink does not know it. That is so for some seconds after its
   * completion, and when it is older than web.checkpoints.history.
   */
  checkpointPath(at: RestEndpoint, jobId: string, checkpointId: number): Promise<string | undefined>;
  /** POST /savepoint-disposal. Resolves to the trigger id for disposalStatus. */
  disposeSavepoint(at: RestEndpoint, path: string): Promise<string>;
  /** GET /savepoint-disposal/:trigger. "unknown": the JobManager does not know the id. */
  disposalStatus(at: RestEndpoint, triggerId: string): Promise<DisposalStatus>;
  /** PATCH /jobs/:id?mode=cancel. "ended": the job has ended already. "missing": the JobManager does not know the job. */
  cancel(at: RestEndpoint, jobId: string): Promise<"accepted" | "ended" | "missing">;
  /**
   * POST /jars/upload. Resolves to the jar's id. The deadline covers the whole transfer. An error of the body rejects with
   * a FlinkRestError that has it as its cause.
   */
  uploadJar(at: RestEndpoint, jar: JarUpload, deadlineMs?: number): Promise<string>;
  /**
   * POST /jars/:id/run, which takes as long as the program's main method. "duplicate": the JobManager has, or had, a job
   * with this id, which is as good as "accepted".
   */
  runJar(
    at: RestEndpoint,
    jarId: string,
    request: RunJar,
    deadlineMs?: number,
  ): Promise<"accepted" | "duplicate">;
  /**
   * POST /jars/:id/plan of the runner of SQL scripts, which checks one and starts no job. Resolves to its outcome, the JSON of a
   * check's termination message.
   */
  checkScript(
    at: RestEndpoint,
    jarId: string,
    request: Pick<RunJar, "jobId" | "entryClass" | "programArgs">,
    deadlineMs?: number,
  ): Promise<string>;
  /** DELETE /jars/:id. Also resolves if there is no such jar. */
  deleteJar(at: RestEndpoint, jarId: string): Promise<void>;
}

/** A jar that is streamed to a JobManager. It is never held in memory as a whole. */
export interface JarUpload {
  /** Flink refuses names that do not end with `.jar`. */
  readonly name: string;
  /** The size in bytes, if it is known. */
  readonly size: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

export type SavepointFormat = "CANONICAL" | "NATIVE";

export interface StopWithSavepoint {
  triggerId: string;
  targetDirectory: string | undefined;
  formatType: SavepointFormat;
  drain: boolean;
}

export interface TriggerSavepoint {
  triggerId: string;
  targetDirectory: string | undefined;
  formatType: SavepointFormat;
}

/** CONFIGURED: as configured in the job. */
export type CheckpointKind = "CONFIGURED" | "FULL" | "INCREMENTAL";

export interface TriggerCheckpoint {
  triggerId: string;
  checkpointType: CheckpointKind;
}

/** A REST call that did not succeed. */
export class FlinkRestError extends Error {
  /** HTTP status. 0: no complete response. */
  readonly status: number;
  /** Why there is no complete response (status 0), or "answered". */
  readonly kind: RestFailureKind;
  /** Whether the answer has the form of Flink's errors. Any other is from a proxy, and says nothing about a job. */
  readonly fromFlink: boolean;

  constructor(
    status: number,
    kind: RestFailureKind,
    message: string,
    options: { cause?: unknown; fromFlink?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "FlinkRestError";
    this.status = status;
    this.kind = kind;
    this.fromFlink = options.fromFlink ?? false;
  }
}
