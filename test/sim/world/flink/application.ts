import type { KubeObject } from "../../../../src/api/kubernetes.ts";
import type { CheckpointStatistics, JobMetrics } from "../../../../src/flink/api.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";
import type { Journal } from "../journal.ts";
import type { JsonObject } from "../json.ts";
import type { ApiServer } from "../kubernetes/server.ts";
import type { Random } from "../random.ts";
import { CheckpointStore, type Retention } from "./checkpointStore.ts";
import { type Configuration, durationOf, firstOf, flinkImageOf } from "./configuration.ts";
import type { Availability } from "./highAvailability.ts";
import { Job } from "./job.ts";
import { JobResultStore } from "./jobResultStore.ts";
import { MetricFetcher } from "./metricFetcher.ts";
import { describeProgram, type Programs } from "./program.ts";
import { describeState, findState, missingState } from "./recovery.ts";
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

/** The JobManager process that an application runs in. */
export interface ApplicationHost {
  clock: Clock;
  pod: KubeObject;
  clusterId: string;
  configuration: Configuration;
  availability: Availability | undefined;
  taskManagerTemplate: JsonObject;
  /** The job has ended for good. */
  ended(state: EndState): void;
}

export type EndState = "FINISHED" | "CANCELED" | "FAILED";

const zeroJobId = "0".repeat(32);
/** Between the steps of the clean-up after a job's end, so that a crash can fall in between. */
const cleanUpStepMs = 100;
/** web.refresh-interval: checkpoint statistics are answered from a cache of this age. */
const refreshMs = 3_000;

/** The user's one job in its JobManager: submitted or recovered, run, cleaned up after. */
export class Application {
  readonly taskManagers: TaskManagers;
  readonly #parts: FlinkParts;
  readonly #host: ApplicationHost;
  readonly #results: JobResultStore;
  #checkpoints: CheckpointStore | undefined;
  #statistics: { at: number; value: CheckpointStatistics | undefined } | undefined;
  readonly #metrics: MetricFetcher;
  #job: Job | undefined;

  constructor(parts: FlinkParts, host: ApplicationHost) {
    const { configuration, clusterId, pod, clock } = host;
    this.#parts = parts;
    this.#host = host;
    this.#metrics = new MetricFetcher(clock, () => ({
      restarts: this.#job?.restarts,
      completedCheckpoints: this.#checkpoints?.statistics().completedCount,
    }));
    this.#results = new JobResultStore(parts.storage, configuration, clusterId);
    const pullPolicy = configuration.get("kubernetes.container.image.pull-policy");
    const settings = {
      namespace: pod.metadata.namespace ?? "",
      clusterId,
      image: this.#image,
      template: host.taskManagerTemplate,
      set: pullPolicy === undefined ? {} : { imagePullPolicy: pullPolicy },
      slotsEach: Number(configuration.get("taskmanager.numberOfTaskSlots") ?? 1),
      standalone: configuration.get("execution.target") === "remote",
    };
    this.taskManagers = new TaskManagers(parts.server, clock, settings, () => this.#job?.slotsChanged());
  }

  get job(): Job | undefined {
    return this.#job;
  }

  /** As /jobs/:id/checkpoints tells it: from a cache that may be a few seconds old. */
  checkpointStatistics(): CheckpointStatistics | undefined {
    const job = this.#job;
    if (job === undefined) return undefined;
    const now = this.#host.clock.now();
    if (this.#statistics !== undefined && now - this.#statistics.at < refreshMs)
      return this.#statistics.value;
    const value =
      job.settings.checkpointIntervalMs === undefined ? undefined : this.#checkpoints?.statistics();
    this.#statistics = { at: now, value };
    return value;
  }

  jobMetrics(): JobMetrics {
    return this.#metrics.ask();
  }

  submit(): void {
    const { configuration, availability, clusterId, pod } = this.#host;
    const { storage, random } = this.#parts;
    const fixed = configuration.get("$internal.pipeline.job-id");
    const jobId = fixed ?? (availability === undefined ? random.hex(32) : zeroJobId);
    const result = this.#results.find(jobId);
    if (result !== undefined) {
      // It has ended before: it is not run again, and nobody remembers it but the result store.
      if (result.dirty) this.#cleanUp(jobId);
      return;
    }
    const graphs = availability?.jobGraphs() ?? new Map<string, string>();
    this.#tellStrangers([...graphs.keys()].filter((id) => id !== jobId));
    const graphPath = graphs.get(jobId);
    const recovered = graphPath === undefined ? undefined : storage.jobGraphs.get(graphPath);
    const graph = recovered ?? {
      jobId,
      program: describeProgram(configuration, this.#image),
      savepointPath: configuration.get("execution.savepoint.path"),
    };
    const state = findState(storage, availability?.checkpoints(jobId) ?? [], graph.savepointPath);
    if (availability !== undefined) {
      const path = graphPath ?? `submittedJobGraph${random.hex(12)}`;
      storage.jobGraphs.set(path, graph);
      availability.addJob(jobId, path);
    }
    this.#parts.journal.add({
      event: "job-started",
      cluster: clusterId,
      pod: pod.metadata.name,
      jobId,
      program: graph.program,
      recovered: recovered !== undefined,
      restored: describeState(state),
    });
    this.#run(jobId, "snapshot" in state ? state.snapshot : undefined);
    if ("missing" in state) this.#job?.fail(missingState(state.missing));
  }

  /**
   * Flink recovers every job whose graph it finds, also one of another launch, and runs it beside its own. That this
   * happens is all that matters: no promise survives it, so these jobs do nothing but stand in the journal.
   */
  #tellStrangers(jobIds: string[]): void {
    const { clusterId, pod } = this.#host;
    for (const jobId of jobIds) {
      this.#parts.journal.add({
        event: "job-started",
        cluster: clusterId,
        pod: pod.metadata.name,
        jobId,
        program: "of another launch",
        recovered: true,
        restored: { count: 0, from: "unknown", by: "high-availability" },
      });
    }
  }

  #run(jobId: string, restored: Snapshot | undefined): void {
    const { configuration, availability, clock, pod } = this.#host;
    const { storage, journal, random, programs } = this.#parts;
    const parallelism = Number(configuration.get("parallelism.default") ?? 1);
    const checkpoints = new CheckpointStore({
      storage,
      jobId,
      retained: Number(
        firstOf(configuration, "execution.checkpointing.num-retained", "state.checkpoints.num-retained") ?? 1,
      ),
      now: clock.now(),
      restored,
      availability: availability,
    });
    this.#checkpoints = checkpoints;
    this.#job = new Job(
      {
        jobId,
        name: configuration.get("pipeline.name") ?? "job",
        pod: pod.metadata.name,
        parallelism,
        reactive: configuration.get("scheduler-mode")?.toUpperCase() === "REACTIVE",
        checkpointIntervalMs: durationOf(configuration, "execution.checkpointing.interval"),
        checkpointDirectory: firstOf(configuration, "execution.checkpointing.dir", "state.checkpoints.dir"),
        restored,
      },
      programs(configuration),
      {
        clock: clock,
        random,
        journal,
        storage,
        checkpoints,
        slots: () => this.taskManagers.slots,
        ended: (job) => this.#ended(job),
      },
    );
    this.taskManagers.want(parallelism);
  }

  #ended(job: Job): void {
    const { jobId } = job.settings;
    const { clock, configuration } = this.#host;
    const state = job.state as EndState;
    this.taskManagers.releaseWhenIdle();
    this.#results.add(jobId, state === "FINISHED" ? "SUCCEEDED" : state);
    clock.after(cleanUpStepMs, () => {
      this.#checkpoints?.discardAfter(state, retentionOf(configuration));
      this.#cleanUp(jobId);
    });
    clock.after(5 * cleanUpStepMs, () => this.#host.ended(state));
  }

  #cleanUp(jobId: string): void {
    const { availability, clock } = this.#host;
    availability?.removeJob(jobId);
    clock.after(cleanUpStepMs, () => this.#results.markClean(jobId));
  }

  get #image(): string {
    return flinkImageOf(this.#host.pod);
  }
}

const retentionOf = (configuration: Configuration): Retention =>
  (firstOf(
    configuration,
    "execution.checkpointing.externalized-checkpoint-retention",
    "execution.checkpointing.externalized-checkpoint",
  ) as Retention | undefined) ?? "NO_EXTERNALIZED_CHECKPOINTS";
