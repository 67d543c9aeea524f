import type { KubeObject } from "../../../../src/api/kubernetes.ts";
import { resourceTypes } from "../../../../src/api/kubernetes.ts";
import type { CheckpointStatistics } from "../../../../src/flink/api.ts";
import { ProcessClock } from "../clock.ts";
import type { Journal } from "../journal.ts";
import { textAt } from "../json.ts";
import type { PodProcess } from "../kubernetes/podRun.ts";
import type { ApiServer } from "../kubernetes/server.ts";
import type { Random } from "../random.ts";
import { CheckpointStore, type Retention } from "./checkpointStore.ts";
import {
  type Configuration,
  durationOf,
  firstOf,
  flagOf,
  isHighlyAvailable,
  versionOf,
} from "./configuration.ts";
import { HighAvailability } from "./highAvailability.ts";
import { Job } from "./job.ts";
import { JobResultStore } from "./jobResultStore.ts";
import { describeProgram, type Programs } from "./program.ts";
import { describeState, findState, missingState } from "./recovery.ts";
import { SavepointOperations } from "./savepointOperations.ts";
import type { Snapshot, Storage } from "./storage.ts";
import { TaskManagers } from "./taskManagers.ts";

export interface FlinkParts {
  server: ApiServer;
  storage: Storage;
  journal: Journal;
  random: Random;
  programs: Programs;
  times: { bootMs: number; terminateMs: number };
}

const zeroJobId = "0".repeat(32);
const leadRetryMs = 2_000;
const leadRenewMs = 5_000;
/** Between the steps of the clean-up after a job's end, so that a crash can fall in between. */
const cleanUpStepMs = 100;
/** web.refresh-interval: checkpoint statistics are answered from a cache of this age. */
const refreshMs = 3_000;

/** One JobManager process, in application mode: from the start of its container to its end. */
export class JobManager implements PodProcess {
  readonly clusterId: string;
  readonly version: string;
  readonly operations: SavepointOperations;
  readonly clock: ProcessClock;
  readonly configuration: Configuration;
  readonly #parts: FlinkParts;
  readonly #pod: KubeObject;
  readonly #exited: (code: number) => void;
  readonly #availability: HighAvailability | undefined;
  readonly #results: JobResultStore;
  readonly #taskManagers: TaskManagers;
  readonly #statistics = new Map<string, { at: number; value: CheckpointStatistics | undefined }>();
  #checkpoints: CheckpointStore | undefined;
  #leads = false;
  #listens = false;
  #job: Job | undefined;

  constructor(
    parts: FlinkParts,
    pod: KubeObject,
    configuration: Configuration,
    exited: (code: number) => void,
  ) {
    const image = textAt(pod, "spec", "containers", 0, "image") ?? "";
    const { name, namespace = "", labels } = pod.metadata;
    this.#parts = parts;
    this.#pod = pod;
    this.#exited = exited;
    this.configuration = configuration;
    this.clock = new ProcessClock(parts.server.clock);
    this.operations = new SavepointOperations(this.clock);
    this.version = versionOf(configuration, image);
    this.clusterId = configuration.get("kubernetes.cluster-id") ?? labels?.app ?? "";
    this.#availability = isHighlyAvailable(configuration)
      ? new HighAvailability(parts.server, {
          namespace,
          clusterId: this.clusterId,
          version: this.version,
          identity: parts.random.uuid(),
        })
      : undefined;
    this.#results = new JobResultStore(parts.storage, configuration, this.clusterId);
    this.#taskManagers = new TaskManagers(
      parts.server,
      this.clock,
      {
        namespace,
        clusterId: this.clusterId,
        image,
        slotsEach: Number(configuration.get("taskmanager.numberOfTaskSlots") ?? 1),
      },
      () => this.#job?.slotsChanged(),
    );
    parts.journal.add({ event: "jobmanager-started", cluster: this.clusterId, pod: name });
    this.clock.after(parts.times.bootMs, () => {
      this.#listens = true;
      this.#lead();
    });
  }

  get job(): Job | undefined {
    return this.#job;
  }

  /** A connection is accepted. */
  get listens(): boolean {
    return this.#listens;
  }

  /** Handlers answer; before, there is no leader to ask. */
  get leads(): boolean {
    return this.#leads;
  }

  get taskManagers(): TaskManagers {
    return this.#taskManagers;
  }

  get restPort(): number {
    return Number(firstOf(this.configuration, "rest.bind-port", "rest.port") ?? 8081);
  }

  get savepointDirectory(): string | undefined {
    return firstOf(this.configuration, "execution.checkpointing.savepoint-dir", "state.savepoints.dir");
  }

  /** As /jobs/:id/checkpoints tells it: from a cache that may be a few seconds old. */
  checkpointStatistics(): CheckpointStatistics | undefined {
    const job = this.#job;
    if (job === undefined) return undefined;
    const cached = this.#statistics.get(job.settings.jobId);
    const now = this.clock.now();
    if (cached !== undefined && now - cached.at < refreshMs) return cached.value;
    const value =
      job.settings.checkpointIntervalMs === undefined ? undefined : this.#checkpoints?.statistics();
    this.#statistics.set(job.settings.jobId, { at: now, value });
    return value;
  }

  tellSavepointRequest(jobId: string, triggerId: string, stop: boolean, repeated: boolean): void {
    this.#parts.journal.add({ event: "savepoint-requested", jobId, triggerId, stop, repeated });
  }

  ready(): boolean {
    return this.#listens && this.#leads;
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

  /** Like a kill, but the container notices. */
  crash(): void {
    if (!this.clock.alive) return;
    this.#stop("crashed");
    this.#exited(137);
  }

  #stop(how: string): void {
    const { journal } = this.#parts;
    const job = this.#job;
    const pod = this.#pod.metadata.name;
    if (job !== undefined && !job.ended) {
      journal.add({ event: "job-suspended", jobId: job.settings.jobId, pod, count: job.count });
    }
    journal.add({ event: "jobmanager-stopped", cluster: this.clusterId, pod, how });
    this.#listens = false;
    this.#taskManagers.close();
    this.clock.kill();
  }

  #lead(): void {
    if (this.#availability !== undefined && !this.#availability.lead()) {
      this.clock.after(leadRetryMs, () => this.#lead());
      return;
    }
    this.#leads = true;
    if (this.#availability !== undefined) this.#renewLater(this.#availability);
    this.clock.after(300, () => this.#submit());
  }

  #renewLater(availability: HighAvailability): void {
    this.clock.after(leadRenewMs, () => {
      // Whoever has lost the lock ends: another JobManager leads.
      if (availability.lead()) this.#renewLater(availability);
      else {
        this.#stop("lost leadership");
        this.#exited(1);
      }
    });
  }

  #submit(): void {
    const { configuration } = this;
    const { storage, random } = this.#parts;
    const fixed = configuration.get("$internal.pipeline.job-id");
    const jobId = fixed ?? (this.#availability === undefined ? random.hex(32) : zeroJobId);
    const result = this.#results.find(jobId);
    if (result !== undefined) {
      // It has ended before: it is not run again, and nobody remembers it but the result store.
      if (result.dirty) this.#cleanUp(jobId);
      return;
    }
    const graphPath = this.#availability?.jobGraph(jobId);
    const recovered = graphPath === undefined ? undefined : storage.jobGraphs.get(graphPath);
    const image = textAt(this.#pod, "spec", "containers", 0, "image") ?? "";
    const graph = recovered ?? {
      jobId,
      program: describeProgram(configuration, image),
      savepointPath: configuration.get("execution.savepoint.path"),
    };
    const state = findState(storage, this.#availability?.checkpoints(jobId) ?? [], graph.savepointPath);
    if (this.#availability !== undefined) {
      const path = graphPath ?? `submittedJobGraph${random.hex(12)}`;
      storage.jobGraphs.set(path, graph);
      this.#availability.addJob(jobId, path);
    }
    this.#parts.journal.add({
      event: "job-started",
      cluster: this.clusterId,
      pod: this.#pod.metadata.name,
      jobId,
      program: graph.program,
      recovered: recovered !== undefined,
      restored: describeState(state),
    });
    this.#run(jobId, "snapshot" in state ? state.snapshot : undefined);
    if ("missing" in state) this.#job?.fail(missingState(state.missing));
  }

  #run(jobId: string, restored: Snapshot | undefined): void {
    const { configuration } = this;
    const { storage, journal, random, programs } = this.#parts;
    const parallelism = Number(configuration.get("parallelism.default") ?? 1);
    const checkpoints = new CheckpointStore({
      storage,
      jobId,
      retained: Number(
        firstOf(configuration, "execution.checkpointing.num-retained", "state.checkpoints.num-retained") ?? 1,
      ),
      now: this.clock.now(),
      restored,
      availability: this.#availability,
    });
    this.#checkpoints = checkpoints;
    this.#job = new Job(
      {
        jobId,
        name: configuration.get("pipeline.name") ?? "job",
        pod: this.#pod.metadata.name,
        parallelism,
        checkpointIntervalMs: durationOf(configuration, "execution.checkpointing.interval"),
        checkpointDirectory: firstOf(configuration, "execution.checkpointing.dir", "state.checkpoints.dir"),
        restored,
      },
      programs(configuration),
      {
        clock: this.clock,
        random,
        journal,
        storage,
        checkpoints,
        slots: () => this.#taskManagers.slots,
        ended: (job) => this.#ended(job),
      },
    );
    this.#taskManagers.want(parallelism);
  }

  #ended(job: Job): void {
    const { jobId } = job.settings;
    const state = job.state as "FINISHED" | "CANCELED" | "FAILED";
    this.#taskManagers.releaseWhenIdle();
    this.#results.add(jobId, state === "FINISHED" ? "SUCCEEDED" : state);
    this.clock.after(cleanUpStepMs, () => {
      this.#checkpoints?.discardAfter(state, retentionOf(this.configuration));
      this.#cleanUp(jobId);
    });
    if (flagOf(this.configuration, "execution.shutdown-on-application-finish", true)) {
      this.clock.after(5 * cleanUpStepMs, () => this.#shutDown(state));
    }
  }

  #cleanUp(jobId: string): void {
    this.#availability?.removeJob(jobId);
    this.clock.after(cleanUpStepMs, () => this.#results.markClean(jobId));
  }

  /** Flink takes its own Deployment along, which takes everything else along. */
  #shutDown(state: string): void {
    const { namespace = "" } = this.#pod.metadata;
    const { server } = this.#parts;
    if (server.find(resourceTypes.deployment, namespace, this.clusterId) !== undefined) {
      server.delete("flink", resourceTypes.deployment, namespace, this.clusterId);
    }
    this.#stop(`application ${state}`);
    this.#exited(state === "FINISHED" ? 0 : 1);
  }
}

const retentionOf = (configuration: Configuration): Retention =>
  (firstOf(
    configuration,
    "execution.checkpointing.externalized-checkpoint-retention",
    "execution.checkpointing.externalized-checkpoint",
  ) as Retention | undefined) ?? "NO_EXTERNALIZED_CHECKPOINTS";
