import { type KubeObject, resourceTypes } from "../../../../src/api/kubernetes.ts";
import { headlineOf } from "../../../../src/api/stackTrace.ts";
import {
  type CheckpointStatistics,
  type CheckpointTriggerStatus,
  type ClusterConfig,
  type DisposalStatus,
  type FailedApplication,
  type FlinkRest,
  FlinkRestError,
  type JarUpload,
  type JobException,
  type JobMetrics,
  type JobOverview,
  type JobResult,
  type JobVertex,
  type ResourceRequirements,
  type RestEndpoint,
  type RunJar,
  type SavepointStatus,
  type StopWithSavepoint,
  type TaskManagerInfo,
  type TriggerCheckpoint,
  type TriggerSavepoint,
} from "../../../../src/flink/api.ts";
import { listAt, textAt } from "../json.ts";
import { isReady } from "../kubernetes/podStatus.ts";
import { matchesLabels } from "../kubernetes/selectors.ts";
import type { ApiServer } from "../kubernetes/server.ts";
import type { Caller, FaultResponses, Network } from "../network.ts";
import { maxParallelism, requirementsOf, vertexId, verticesOf } from "./adaptive.ts";
import type { Job } from "./job.ts";
import type { JobManager } from "./jobManager.ts";
import { failedSavepoint } from "./savepointOperations.ts";
import type { Session } from "./session.ts";

const oneWayMs = 8;
const deadlineMs = 10_000;

const errorResponse = (status: number, text: string): FlinkRestError =>
  new FlinkRestError(status, "answered", text);

/** The REST client of one incarnation of the operator for all JobManagers, through their Services. */
export class SimulatedFlinkRest implements FlinkRest {
  readonly #server: ApiServer;
  readonly #jobManagers: ReadonlyMap<string, JobManager>;
  readonly #network: Network;
  readonly #caller: Caller;

  constructor(
    server: ApiServer,
    jobManagers: ReadonlyMap<string, JobManager>,
    network: Network,
    caller: Caller,
  ) {
    this.#server = server;
    this.#jobManagers = jobManagers;
    this.#network = network;
    this.#caller = caller;
  }

  config(at: RestEndpoint): Promise<ClusterConfig> {
    return this.#read(at, "config", ({ version }) => ({
      flinkVersion: `${version}.1`,
      flinkRevision: "5ed6c9a @ 2026-01-01T00:00:00Z",
    }));
  }

  jobs(at: RestEndpoint): Promise<JobOverview[]> {
    return this.#read(at, "jobs", ({ jobs }) => jobs.map(overview));
  }

  checkpoints(at: RestEndpoint, jobId: string): Promise<CheckpointStatistics | undefined> {
    return this.#read(at, `checkpoints ${jobId}`, (jobManager) => {
      jobOf(jobManager, jobId);
      return jobManager.execution(jobId)?.checkpointStatistics();
    });
  }

  jobResult(at: RestEndpoint, jobId: string): Promise<JobResult | undefined> {
    return this.#read(at, `jobResult ${jobId}`, (jobManager) => {
      const job = jobOf(jobManager, jobId);
      if (!job.ended) return undefined;
      const status =
        job.state === "FINISHED" ? "SUCCEEDED" : job.state === "CANCELED" ? "CANCELED" : "FAILED";
      return { status, failure: job.failure === undefined ? undefined : failureOf(job.failure) };
    });
  }

  exceptions(at: RestEndpoint, jobId: string, max: number): Promise<JobException[]> {
    return this.#read(at, `exceptions ${jobId}`, (jobManager) => {
      const job = jobOf(jobManager, jobId);
      const ended = job.failure === undefined ? [] : [exceptionOf(job.failure, job.endTime)];
      const survived = job.failovers.map((at) => exceptionOf(lostTaskManager, at)).reverse();
      return [...ended, ...survived].slice(0, max);
    });
  }

  failedApplication(at: RestEndpoint): Promise<FailedApplication | undefined> {
    return this.#read(at, "applications", ({ job }) =>
      job?.applicationFailure === undefined ? undefined : { failure: failureOf(job.applicationFailure) },
    );
  }

  /** For an unknown job, real JobManagers return no metrics and no error. */
  metrics(at: RestEndpoint, jobId: string): Promise<JobMetrics> {
    return this.#read(
      at,
      `metrics ${jobId}`,
      (jobManager) => jobManager.execution(jobId)?.metrics() ?? noMetrics,
    );
  }

  /** Only what the autoscaler asks for. What is asked of the cluster is answered by its first job. */
  read(at: RestEndpoint, path: string): Promise<{ readonly body: unknown }> {
    return this.#read(at, `read ${path}`, (jobManager) => {
      const jobId = /^\/jobs\/([^/?]+)/.exec(path)?.[1] ?? jobManager.jobs[0]?.settings.jobId ?? "";
      jobOf(jobManager, jobId);
      const body = jobManager.execution(jobId)?.load(path);
      if (body === undefined) throw errorResponse(404, `Not found: ${path}`);
      return { body };
    });
  }

  vertices(at: RestEndpoint, jobId: string): Promise<JobVertex[]> {
    return this.#read(at, `vertices ${jobId}`, (jobManager) => {
      const { parallelism, working } = jobOf(jobManager, jobId).detail();
      return verticesOf(parallelism, working);
    });
  }

  /** Another scheduler answers with an error, which the JobManager logs. */
  resourceRequirements(at: RestEndpoint, jobId: string): Promise<ResourceRequirements | undefined> {
    return this.#read(at, `resourceRequirements ${jobId}`, (jobManager) => {
      const { bounds } = jobOf(jobManager, jobId);
      if (bounds === undefined) jobManager.logError("resourceRequirements");
      return bounds && requirementsOf(bounds);
    });
  }

  /** Real Flink accepts some impossible bounds, and its JobManager dies of them. */
  updateResourceRequirements(at: RestEndpoint, jobId: string, wanted: ResourceRequirements): Promise<void> {
    return this.#act(at, `updateResourceRequirements ${jobId}`, (jobManager) => {
      const job = jobOf(jobManager, jobId);
      const bounds = wanted[vertexId]?.parallelism;
      if (job.bounds === undefined || bounds === undefined || Object.keys(wanted).length !== 1)
        throw errorResponse(400, "The request is incomplete, missing job vertex resource requirements.");
      const { lowerBound, upperBound } = bounds;
      const isPossible = lowerBound >= 1 && lowerBound <= upperBound && upperBound <= maxParallelism;
      if (isPossible && Number.isInteger(lowerBound) && Number.isInteger(upperBound))
        jobManager.rescale(jobId, bounds);
      else jobManager.crash();
    });
  }

  /** Real JobManagers delay the response until the ResourceManager is available, and log nothing. */
  overview(at: RestEndpoint): Promise<void> {
    return this.#read(at, "overview", ({ hasResourceManager }) => {
      if (!hasResourceManager) throw errorResponse(503, "the ResourceManager is not available yet");
    });
  }

  taskManagers(at: RestEndpoint): Promise<TaskManagerInfo[]> {
    return this.#read(at, "taskManagers", (jobManager) => {
      const { jobs, taskManagers, hasResourceManager } = jobManager;
      if (!hasResourceManager) {
        jobManager.logError("taskManagers");
        throw errorResponse(503, "Cannot connect to ResourceManager right now. Please try to refresh.");
      }
      return taskManagers.list(
        jobs.filter(({ working }) => working).reduce((sum, { parallelism }) => sum + parallelism, 0),
      );
    });
  }

  savepointStatus(at: RestEndpoint, jobId: string, triggerId: string): Promise<SavepointStatus> {
    return this.#read(at, `savepointStatus ${jobId} ${triggerId}`, (jobManager) =>
      logged(jobManager, "savepointStatus", jobManager.operations.status(jobId, triggerId)),
    );
  }

  stopWithSavepoint(at: RestEndpoint, jobId: string, request: StopWithSavepoint): Promise<void> {
    return this.#act(at, `stopWithSavepoint ${jobId}`, (jobManager) =>
      savepoint(jobManager, jobId, request, true),
    );
  }

  triggerSavepoint(at: RestEndpoint, jobId: string, request: TriggerSavepoint): Promise<void> {
    return this.#act(at, `triggerSavepoint ${jobId}`, (jobManager) =>
      savepoint(jobManager, jobId, request, false),
    );
  }

  /** Flink takes no explicitly incremental checkpoint (FLINK-33723). */
  triggerCheckpoint(
    at: RestEndpoint,
    jobId: string,
    { triggerId, checkpointType }: TriggerCheckpoint,
  ): Promise<void> {
    return this.#act(at, `triggerCheckpoint ${jobId}`, (jobManager) => {
      if (checkpointType === "INCREMENTAL") throw errorResponse(500, "java.lang.IllegalStateException");
      const { checkpointOperations: operations } = jobManager;
      if (!operations.begin(jobId, triggerId)) return;
      const end = (status: CheckpointTriggerStatus) => operations.end(jobId, triggerId, status);
      const job = jobManager.execution(jobId)?.job;
      if (job === undefined || job.ended) {
        end(failedSavepoint(`Could not find Flink job (${jobId})`));
        return;
      }
      job.triggerCheckpoint(triggerId, (outcome) =>
        end(
          "id" in outcome
            ? { state: "completed", checkpointId: outcome.id }
            : failedSavepoint(outcome.failure),
        ),
      );
    });
  }

  checkpointStatus(at: RestEndpoint, jobId: string, triggerId: string): Promise<CheckpointTriggerStatus> {
    return this.#read(at, `checkpointStatus ${jobId} ${triggerId}`, (jobManager) =>
      logged(jobManager, "checkpointStatus", jobManager.checkpointOperations.status(jobId, triggerId)),
    );
  }

  checkpointPath(at: RestEndpoint, jobId: string, checkpointId: number): Promise<string | undefined> {
    return this.#read(at, `checkpointPath ${jobId} ${checkpointId}`, (jobManager) =>
      jobOf(jobManager, jobId).checkpointPath(checkpointId),
    );
  }

  disposeSavepoint(at: RestEndpoint, path: string): Promise<string> {
    return this.#act(at, `disposeSavepoint ${path}`, (jobManager) =>
      jobManager.dispose(path, this.#caller.actor),
    );
  }

  disposalStatus(at: RestEndpoint, triggerId: string): Promise<DisposalStatus> {
    return this.#read(at, `disposalStatus ${triggerId}`, (jobManager) =>
      logged(jobManager, "disposalStatus", jobManager.disposals.status("", triggerId)),
    );
  }

  cancel(at: RestEndpoint, jobId: string): Promise<"accepted" | "ended" | "missing"> {
    return this.#act(at, `cancel ${jobId}`, (jobManager) => {
      const job = jobManager.execution(jobId)?.job;
      if (job === undefined) {
        jobManager.logError("cancel");
        return "missing";
      }
      if (job.cancel()) return "accepted";
      jobManager.logError("cancel");
      return "ended";
    });
  }

  async uploadJar(at: RestEndpoint, { name, body }: JarUpload): Promise<string> {
    for await (const _ of body);
    return this.#act(at, `uploadJar ${name}`, (jobManager) => sessionOf(jobManager).upload(name));
  }

  runJar(at: RestEndpoint, jarId: string, request: RunJar): Promise<"accepted" | "duplicate"> {
    return this.#act(at, `runJar ${request.jobId}`, (jobManager) => {
      const outcome = sessionOf(jobManager).runJar(jarId, request);
      if (typeof outcome === "object") throw errorResponse(400, headlineOf(outcome.failure));
      if (outcome !== undefined) return outcome;
      throw noSuchJar();
    });
  }

  checkScript(
    at: RestEndpoint,
    jarId: string,
    request: Pick<RunJar, "jobId" | "programArgs">,
  ): Promise<string> {
    return this.#act(at, `checkScript ${request.jobId}`, (jobManager) => {
      const outcome = sessionOf(jobManager).checkScript(jarId, request);
      if (outcome !== undefined) return outcome;
      throw noSuchJar();
    });
  }

  deleteJar(at: RestEndpoint, jarId: string): Promise<void> {
    return this.#act(at, `deleteJar ${jarId}`, (jobManager) => sessionOf(jobManager).deleteJar(jarId));
  }

  #read<T>(at: RestEndpoint, operation: string, handle: (jobManager: JobManager) => T): Promise<T> {
    return this.#call(at, operation, false, handle);
  }

  #act<T>(at: RestEndpoint, operation: string, handle: (jobManager: JobManager) => T): Promise<T> {
    return this.#call(at, operation, true, handle);
  }

  #call<T>(
    at: RestEndpoint,
    operation: string,
    mutates: boolean,
    handle: (jobManager: JobManager) => T,
  ): Promise<T> {
    const responses: FaultResponses = {
      refused: () => new FlinkRestError(0, "refused", "connection refused"),
      timeout: () => new FlinkRestError(0, "timeout", "no answer in time"),
      broken: () => new FlinkRestError(0, "broken", "the answer broke off"),
      status: (status) => errorResponse(status, "injected fault"),
      killJobManager: () => this.#find(at)?.crash(),
      hangs: () => this.#find(at)?.hangs === true,
    };
    return this.#network.call(
      this.#caller,
      { operation, mutates, to: "flink", oneWayMs, deadlineMs },
      () => {
        const jobManager = this.#find(at);
        if (jobManager === undefined) throw responses.refused();
        if (!jobManager.isLeader) {
          throw errorResponse(
            503,
            "Service temporarily unavailable due to an ongoing leader election. Please refresh.",
          );
        }
        return handle(jobManager);
      },
      responses,
    );
  }

  /** The process at a pod's address, or at "<service>.<namespace>…", which selects only ready pods. */
  #find(at: RestEndpoint): JobManager | undefined {
    const candidates = /^[\d.]+$/.test(at.host) ? this.#podsWithIp(at.host) : this.#podsOfService(at);
    for (const pod of candidates) {
      const jobManager = this.#jobManagers.get(pod.metadata.uid ?? "");
      if (jobManager?.listens === true && jobManager.restPort === at.port) return jobManager;
    }
    return undefined;
  }

  #podsWithIp(address: string): KubeObject[] {
    return this.#server.list(resourceTypes.pod).filter(({ status }) => textAt(status, "podIP") === address);
  }

  #podsOfService(at: RestEndpoint): KubeObject[] {
    const [name = "", namespace = ""] = at.host.split(".");
    const service = this.#server.find(resourceTypes.service, namespace, name);
    if (service === undefined || !listAt(service, "spec", "ports").some((port) => port.port === at.port)) {
      return [];
    }
    const selector = (service.spec as { selector?: Record<string, string> }).selector ?? {};
    return this.#server
      .list(resourceTypes.pod, { namespace })
      .filter((pod) => isReady(pod) && matchesLabels(selector, pod.metadata.labels));
  }
}

const noMetrics: JobMetrics = { restarts: undefined, completedCheckpoints: undefined };

const sessionOf = ({ session }: JobManager): Session => {
  if (session === undefined) throw errorResponse(404, "Not found.");
  return session;
};

/** Flink logs an error if the status of an unknown operation is requested. */
const logged = <Status extends { readonly state: string }>(
  jobManager: JobManager,
  what: string,
  status: Status,
): Status => {
  if (status.state === "unknown") jobManager.logError(what);
  return status;
};

const jobOf = (jobManager: JobManager, jobId: string): Job => {
  const job = jobManager.execution(jobId)?.job;
  if (job === undefined) {
    jobManager.logError("an unknown job");
    throw errorResponse(404, `org.apache.flink.runtime.rest.NotFoundException: Job ${jobId} not found`);
  }
  return job;
};

const savepoint = (jobManager: JobManager, jobId: string, request: TriggerSavepoint, stop: boolean): void => {
  const directory = request.targetDirectory ?? jobManager.savepointDirectory;
  if (directory === undefined) {
    throw errorResponse(
      400,
      "Config key [state.savepoints.dir] is not set. Property [targetDirectory] must be provided.",
    );
  }
  const { operations } = jobManager;
  const job = jobManager.execution(jobId)?.job;
  const { triggerId } = request;
  const fresh = operations.begin(jobId, triggerId);
  jobManager.recordSavepointRequest(jobId, triggerId, stop, !fresh);
  if (!fresh) return;
  if (job === undefined || job.ended) {
    operations.end(jobId, triggerId, failedSavepoint(`Could not find Flink job (${jobId})`));
    return;
  }
  job.savepoint(triggerId, directory, stop, (outcome) => {
    operations.end(
      jobId,
      triggerId,
      "path" in outcome ? { state: "completed", location: outcome.path } : failedSavepoint(outcome.failure),
    );
  });
};

const overview = (job: Job): JobOverview => ({
  id: job.settings.jobId,
  name: job.settings.name,
  state: job.state,
  startTime: job.startTime,
  endTime: job.endTime,
  lastModification: job.lastModification,
  tasks: {
    total: job.parallelism,
    running: job.working ? job.parallelism : 0,
    scheduled: job.working || job.ended ? 0 : job.parallelism,
  },
});

/** Flink's own words. */
const lostTaskManager =
  "org.apache.flink.runtime.jobmaster.JobMasterException: TaskManager is no longer reachable.";

const exceptionOf = (text: string, timestamp: number): JobException => {
  const { className, stackTrace } = failureOf(text);
  return {
    name: className,
    stackTrace,
    timestamp,
    taskName: undefined,
    endpoint: undefined,
    taskManagerId: undefined,
    failureLabels: {},
  };
};

const failureOf = (text: string) => ({
  className: /^[\w.]+Exception/.exec(text)?.[0] ?? "org.apache.flink.runtime.JobException",
  stackTrace: text,
});

const noSuchJar = (): FlinkRestError =>
  errorResponse(500, "org.apache.flink.runtime.rest.handler.RestHandlerException: Jar file does not exist");
