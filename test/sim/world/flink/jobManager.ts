import { type KubeObject, resourceTypes } from "../../../../src/api/kubernetes.ts";
import type {
  CheckpointTriggerStatus,
  DisposalStatus,
  ParallelismBounds,
} from "../../../../src/flink/api.ts";
import { ProcessClock } from "../clock.ts";
import type { Actor } from "../journal.ts";
import type { JsonObject } from "../json.ts";
import type { PodProcess } from "../kubernetes/podRun.ts";
import { Application } from "./application.ts";
import {
  type Configuration,
  firstOf,
  flagOf,
  flinkImageOf,
  isHighlyAvailable,
  usesZooKeeper,
  versionOf,
} from "./configuration.ts";
import type { Execution } from "./execution.ts";
import { type Availability, HighAvailability } from "./highAvailability.ts";
import type { Job } from "./job.ts";
import type { EndState, FlinkParts } from "./parts.ts";
import { failedSavepoint, Operations } from "./savepointOperations.ts";
import { Session } from "./session.ts";
import type { TaskManagers } from "./taskManagers.ts";

const lockRetryMs = 2_000;
const lockRenewMs = 5_000;
const submitMs = 300;
const resourceManagerMs = 400;
const disposalMs = 150;

const missingSavepoint = (path: string): string =>
  `Could not dispose savepoint ${path}.\nCaused by: java.io.FileNotFoundException: Cannot find checkpoint or savepoint ` +
  `file/directory '${path}' on file system 'file'.`;

/** One JobManager process, of an application or a session cluster, from the start to the end of its container. */
export class JobManager implements PodProcess {
  readonly clusterId: string;
  readonly version: string;
  readonly operations: Operations;
  readonly checkpointOperations: Operations<CheckpointTriggerStatus>;
  readonly disposals: Operations<DisposalStatus>;
  readonly clock: ProcessClock;
  readonly configuration: Configuration;
  readonly #parts: FlinkParts;
  readonly #pod: KubeObject;
  readonly #exited: (code: number) => void;
  readonly #availability: Availability | undefined;
  readonly #workload: Application | Session;
  #isLeader = false;
  #hangs = false;
  #listens = false;
  #hasResourceManager = false;

  constructor(
    parts: FlinkParts,
    pod: KubeObject,
    configuration: Configuration,
    exited: (code: number) => void,
    taskManagerTemplate: JsonObject = {},
  ) {
    const image = flinkImageOf(pod);
    const { name, namespace = "", labels } = pod.metadata;
    this.#parts = parts;
    this.#pod = pod;
    this.#exited = exited;
    this.configuration = configuration;
    this.clock = new ProcessClock(parts.server.clock);
    this.operations = new Operations(this.clock);
    this.checkpointOperations = new Operations(this.clock);
    this.disposals = new Operations(this.clock);
    this.version = versionOf(configuration, image);
    this.clusterId = configuration.get("kubernetes.cluster-id") ?? labels?.app ?? "";
    this.#availability = this.#highAvailability(namespace);
    const target = configuration.get("execution.target");
    // In standalone mode execution.target does not name the kind of the cluster.
    const mode = target === "remote" ? configuration.get("kubernetes.internal.cluster-mode") : target;
    const isSession = mode?.toLowerCase().endsWith("session") === true;
    const Workload = isSession ? Session : Application;
    this.#workload = new Workload(parts, {
      clock: this.clock,
      pod,
      clusterId: this.clusterId,
      configuration,
      availability: this.#availability,
      taskManagerTemplate,
      ended: (state) => this.#ended(state),
    });
    parts.journal.add({ event: "jobmanager-started", cluster: this.clusterId, pod: name });
    this.clock.after(parts.times.bootMs, () => {
      this.#listens = true;
      this.#acquireLeadership();
    });
  }

  get job(): Job | undefined {
    return this.#workload.job;
  }

  get jobs(): readonly Job[] {
    return this.#workload.jobs;
  }

  rescale(jobId: string, bounds: ParallelismBounds): void {
    if (this.#workload instanceof Session) this.#workload.rescale(jobId, bounds);
    else this.#workload.rescale(bounds);
  }

  execution(jobId: string): Execution | undefined {
    return this.#workload.execution(jobId);
  }

  /** Undefined for an application, which accepts no jars. */
  get session(): Session | undefined {
    return this.#workload instanceof Session ? this.#workload : undefined;
  }

  /** Whether connections are accepted. */
  get listens(): boolean {
    return this.#listens;
  }

  /** Whether connections are accepted and never answered; the job keeps running. */
  get hangs(): boolean {
    return this.#hangs;
  }

  hang(hangs: boolean): void {
    this.#hangs = hangs;
  }

  /** Whether requests are answered: before it is the leader, the response is 503. */
  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** Whether its ResourceManager is available. That takes longer than the start of the REST endpoint. */
  get hasResourceManager(): boolean {
    return this.#hasResourceManager;
  }

  /** A handler of its REST endpoint failed: it logs an error. */
  logError(what: string): void {
    this.#parts.journal.add({ event: "error-logged", pod: this.#pod.metadata.name, what });
  }

  get taskManagers(): TaskManagers {
    return this.#workload.taskManagers;
  }

  get restPort(): number {
    return Number(firstOf(this.configuration, "rest.bind-port", "rest.port") ?? 8081);
  }

  get savepointDirectory(): string | undefined {
    return firstOf(this.configuration, "execution.checkpointing.savepoint-dir", "state.savepoints.dir");
  }

  recordSavepointRequest(jobId: string, triggerId: string, stop: boolean, repeated: boolean): void {
    this.#parts.journal.add({ event: "savepoint-requested", jobId, triggerId, stop, repeated });
  }

  /** Returns the id of the operation: Flink generates a new one for each request. */
  dispose(path: string, by: Actor): string {
    const { random, storage } = this.#parts;
    const triggerId = random.hex(32);
    this.disposals.begin("", triggerId);
    this.clock.after(disposalMs, () => {
      const isThere = storage.snapshot(path) !== undefined;
      storage.discard(path, by);
      this.disposals.end(
        "",
        triggerId,
        isThere ? { state: "completed" } : failedSavepoint(missingSavepoint(path)),
      );
    });
    return triggerId;
  }

  ready(): boolean {
    return this.#listens && this.#isLeader;
  }

  terminate(): void {
    this.clock.after(this.#parts.times.terminateMs, () => {
      this.#availability?.release();
      this.#stop("terminated");
      this.#exited(143);
    });
  }

  kill(): void {
    if (this.clock.alive) this.#stop("killed");
  }

  /** Like kill(), and the container ends. */
  crash(): void {
    if (!this.clock.alive) return;
    this.#stop("crashed");
    this.#exited(137);
  }

  #highAvailability(namespace: string): Availability | undefined {
    const { configuration, clusterId, version } = this;
    const { server, storage, random } = this.#parts;
    if (!isHighlyAvailable(configuration)) return undefined;
    const identity = random.uuid();
    if (!usesZooKeeper(configuration))
      return new HighAvailability(server, { namespace, clusterId, version, identity });
    const root = configuration.get("high-availability.zookeeper.path.root") ?? "/flink";
    return storage.zooKeeper.at(`${root}/${clusterId}`, identity, () => server.clock.now());
  }

  #stop(how: string): void {
    const { journal } = this.#parts;
    const pod = this.#pod.metadata.name;
    for (const job of this.jobs.filter(({ ended }) => !ended)) {
      journal.add({ event: "job-suspended", jobId: job.settings.jobId, pod, count: job.count });
    }
    journal.add({ event: "jobmanager-stopped", cluster: this.clusterId, pod, how });
    this.#listens = false;
    this.#workload.taskManagers.close();
    this.clock.kill();
  }

  #acquireLeadership(): void {
    if (this.#availability !== undefined && !this.#availability.acquireOrRenew()) {
      const pod = this.#pod.metadata.name;
      this.#parts.journal.add({ event: "jobmanager-waits", cluster: this.clusterId, pod });
      this.clock.after(lockRetryMs, () => this.#acquireLeadership());
      return;
    }
    if (this.#availability !== undefined) this.#scheduleRenewal(this.#availability);
    // The leader of a session cluster answers only after it has recovered its jobs.
    this.#isLeader = this.session === undefined;
    this.clock.after(submitMs, () => {
      this.#workload.start();
      this.#isLeader = true;
      this.clock.after(resourceManagerMs, () => {
        this.#hasResourceManager = true;
      });
    });
  }

  #scheduleRenewal(availability: Availability): void {
    this.clock.after(lockRenewMs, () => {
      // A JobManager that has lost the lock ends: another one is the leader.
      if (availability.acquireOrRenew()) this.#scheduleRenewal(availability);
      else {
        this.#stop("lost leadership");
        this.#exited(1);
      }
    });
  }

  /** Unless configured otherwise, Flink deletes its own Deployment, and with it everything that the Deployment owns. */
  #ended(state: EndState): void {
    if (!flagOf(this.configuration, "execution.shutdown-on-application-finish", true)) return;
    const { namespace = "" } = this.#pod.metadata;
    const { server } = this.#parts;
    if (server.find(resourceTypes.deployment, namespace, this.clusterId) !== undefined) {
      server.delete("flink", resourceTypes.deployment, namespace, this.clusterId);
    }
    this.#stop(`application ${state}`);
    this.#exited(state === "FINISHED" ? 0 : 1);
  }
}
