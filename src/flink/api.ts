import type {
  CheckpointStatistics,
  CheckpointTriggerStatus,
  ClusterConfig,
  DisposalStatus,
  JobException,
  JobMetrics,
  JobOverview,
  JobResult,
  RestEndpoint,
  RestFailureKind,
  RunJar,
  SavepointStatus,
  TaskManagerInfo,
} from "../api/flinkFacts.ts";

export type * from "../api/flinkFacts.ts";

/**
 * What the operator asks of a JobManager's REST endpoint: the port between it and Flink. `client.ts` speaks to a
 * real one; the simulation has its own. Every method rejects with a FlinkRestError and nothing else.
 */
export interface FlinkRest {
  /** GET /config */
  config(at: RestEndpoint): Promise<ClusterConfig>;
  /** GET /jobs/overview */
  jobs(at: RestEndpoint): Promise<JobOverview[]>;
  /** GET /jobs/:id/checkpoints; undefined where the job has no checkpointing. */
  checkpoints(at: RestEndpoint, jobId: string): Promise<CheckpointStatistics | undefined>;
  /** GET /jobs/:id/execution-result; undefined while the job runs. */
  jobResult(at: RestEndpoint, jobId: string): Promise<JobResult | undefined>;
  /** GET /jobs/:id/exceptions?maxExceptions=n, newest first. */
  exceptions(at: RestEndpoint, jobId: string, max: number): Promise<JobException[]>;
  /** GET /jobs/:id/metrics of the job's restarts and completed checkpoints. */
  metrics(at: RestEndpoint, jobId: string): Promise<JobMetrics>;
  /** GET /overview: no answer before the JobManager has its ResourceManager, which is what it is asked for. */
  overview(at: RestEndpoint): Promise<void>;
  /** GET /taskmanagers. Flink logs an error where the ResourceManager is not there yet. */
  taskManagers(at: RestEndpoint): Promise<TaskManagerInfo[]>;
  /** GET /jobs/:id/savepoints/:trigger; "unknown" where the JobManager never saw the id (or forgot it). */
  savepointStatus(at: RestEndpoint, jobId: string, triggerId: string): Promise<SavepointStatus>;
  /** POST /jobs/:id/stop. The same trigger id again starts nothing new. */
  stopWithSavepoint(at: RestEndpoint, jobId: string, request: StopWithSavepoint): Promise<void>;
  /** POST /jobs/:id/savepoints. The same trigger id again starts nothing new. */
  triggerSavepoint(at: RestEndpoint, jobId: string, request: TriggerSavepoint): Promise<void>;
  /** POST /jobs/:id/checkpoints, since Flink 1.17. The same trigger id again starts nothing new. */
  triggerCheckpoint(at: RestEndpoint, jobId: string, request: TriggerCheckpoint): Promise<void>;
  /** GET /jobs/:id/checkpoints/:trigger; "unknown" where the JobManager never saw the id (or forgot it). */
  checkpointStatus(at: RestEndpoint, jobId: string, triggerId: string): Promise<CheckpointTriggerStatus>;
  /**
   * GET /jobs/:id/checkpoints/details/:checkpoint; undefined where Flink does not know it: for some seconds after it
   * completed, and once it is beyond web.checkpoints.history.
   */
  checkpointPath(at: RestEndpoint, jobId: string, checkpointId: number): Promise<string | undefined>;
  /** POST /savepoint-disposal; resolves to the id under which disposalStatus tells what became of it. */
  disposeSavepoint(at: RestEndpoint, path: string): Promise<string>;
  /** GET /savepoint-disposal/:trigger; "unknown" where the JobManager has no such id. */
  disposalStatus(at: RestEndpoint, triggerId: string): Promise<DisposalStatus>;
  /** PATCH /jobs/:id?mode=cancel. Resolves also where the job has ended already; "missing" where it is unknown. */
  cancel(at: RestEndpoint, jobId: string): Promise<"accepted" | "ended" | "missing">;
  /**
   * POST /jars/upload; resolves to the jar's id. The deadline is for all of the transfer. An error of the body rejects
   * with a FlinkRestError that has it as its cause.
   */
  uploadJar(at: RestEndpoint, jar: JarUpload, deadlineMs?: number): Promise<string>;
  /**
   * POST /jars/:id/run, which lasts as long as the program's main method. "duplicate" where the JobManager has, or had,
   * a job of this id: then it is as if the call had been accepted.
   */
  runJar(
    at: RestEndpoint,
    jarId: string,
    request: RunJar,
    deadlineMs?: number,
  ): Promise<"accepted" | "duplicate">;
  /** DELETE /jars/:id. Resolves also where there is no such jar. */
  deleteJar(at: RestEndpoint, jarId: string): Promise<void>;
}

/** A jar on its way to a JobManager, never whole in memory. */
export interface JarUpload {
  /** Flink refuses names that do not end with `.jar`. */
  readonly name: string;
  /** Bytes, where they are known beforehand. */
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

/** CONFIGURED: as the job's configuration has it. */
export type CheckpointKind = "CONFIGURED" | "FULL" | "INCREMENTAL";

export interface TriggerCheckpoint {
  triggerId: string;
  checkpointType: CheckpointKind;
}

/** A REST call that did not succeed. */
export class FlinkRestError extends Error {
  /** HTTP status; 0 where no whole answer came. */
  readonly status: number;
  /** Why no whole answer came, for status 0; "answered" otherwise. */
  readonly kind: RestFailureKind;

  constructor(status: number, kind: RestFailureKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "FlinkRestError";
    this.status = status;
    this.kind = kind;
  }
}
