import type { CheckpointStatistics, JobMetrics, ParallelismBounds } from "../../../../src/flink/api.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";
import { adaptiveSettings } from "./adaptive.ts";
import { CheckpointStore, type Retention } from "./checkpointStore.ts";
import { type Configuration, durationOf, firstOf } from "./configuration.ts";
import type { Availability } from "./highAvailability.ts";
import { Job } from "./job.ts";
import { LoadMetrics, parallelismIn } from "./load.ts";
import { MetricFetcher } from "./metricFetcher.ts";
import type { EndState, FlinkParts } from "./parts.ts";
import type { Snapshot } from "./snapshot.ts";

/** web.refresh-interval: checkpoint statistics come from a cache of at most this age. */
const refreshMs = 3_000;

export interface ExecutionHost {
  clock: Clock;
  /** Name of the JobManager's pod. */
  pod: string;
  availability: Availability | undefined;
  version: string;
  /** The bounds of its parallelism that an earlier JobManager has noted. */
  bounds?: ParallelismBounds | undefined;
  /** The number of slots that this job can have. */
  slots(): number;
  ended(execution: Execution): void;
}

/** One run of a job in a JobManager, with its checkpoints and their statistics. */
export class Execution {
  readonly job: Job;
  readonly #configuration: Configuration;
  readonly #clock: Clock;
  readonly #checkpoints: CheckpointStore;
  readonly #metrics: MetricFetcher;
  readonly #load: LoadMetrics;
  #statistics: { at: number; value: CheckpointStatistics } | undefined;

  constructor(
    { storage, journal, random, programs }: FlinkParts,
    host: ExecutionHost,
    configuration: Configuration,
    jobId: string,
    restored: Snapshot | undefined,
  ) {
    const { clock, pod, availability } = host;
    this.#configuration = configuration;
    this.#clock = clock;
    const retained = firstOf(
      configuration,
      "execution.checkpointing.num-retained",
      "state.checkpoints.num-retained",
    );
    this.#checkpoints = new CheckpointStore({
      storage,
      jobId,
      // Flink uses the default for 0.
      retained: Math.max(1, Number(retained ?? 1)),
      now: clock.now(),
      restored,
      availability,
    });
    this.#metrics = new MetricFetcher(clock, () => ({
      restarts: this.job.restarts,
      completedCheckpoints: this.#checkpoints.statistics().completedCount,
    }));
    const program = programs(configuration);
    const load = program.load ?? { arriving: program.recordsPerSecond, perSubtask: 100 };
    this.#load = new LoadMetrics(clock, load, () => this.job);
    this.job = new Job(
      {
        jobId,
        name: configuration.get("pipeline.name") ?? "job",
        pod,
        parallelism: parallelismIn(configuration),
        reactive: configuration.get("scheduler-mode")?.toUpperCase() === "REACTIVE",
        adaptive: adaptiveSettings(configuration, host.version, host.bounds),
        checkpointIntervalMs: durationOf(configuration, "execution.checkpointing.interval"),
        checkpointDirectory: firstOf(configuration, "execution.checkpointing.dir", "state.checkpoints.dir"),
        restored,
      },
      program,
      {
        clock,
        random,
        journal,
        storage,
        checkpoints: this.#checkpoints,
        slots: () => host.slots(),
        ended: () => host.ended(this),
      },
    );
  }

  /** The response of /jobs/:id/checkpoints: from a cache that may be a few seconds old. */
  checkpointStatistics(): CheckpointStatistics {
    const now = this.#clock.now();
    if (this.#statistics !== undefined && now - this.#statistics.at < refreshMs)
      return this.#statistics.value;
    // Also of a job without checkpoints, in all versions: zeros, until a savepoint is taken.
    const value = this.#checkpoints.statistics();
    this.#statistics = { at: now, value };
    return value;
  }

  metrics(): JobMetrics {
    return this.#metrics.fetch();
  }

  /** The body of the response to a GET about the load. Undefined: there is no such path. */
  load(path: string): unknown {
    return this.#load.answer(path);
  }

  /** After the job's end, deletes the checkpoints that its retention does not keep. */
  discardCheckpoints(): void {
    this.#checkpoints.discardAfter(this.job.state as EndState, retentionOf(this.#configuration));
  }
}

const retentionOf = (configuration: Configuration): Retention =>
  (firstOf(
    configuration,
    "execution.checkpointing.externalized-checkpoint-retention",
    "execution.checkpointing.externalized-checkpoint",
  ) as Retention | undefined) ?? "NO_EXTERNALIZED_CHECKPOINTS";
