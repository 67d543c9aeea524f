import type { Clock } from "../../../../src/runtime/clock.ts";
import { maxParallelism, vertexId } from "./adaptive.ts";
import type { Configuration } from "./configuration.ts";
import type { Job } from "./job.ts";
import type { Load } from "./program.ts";

/** The parallelism with which Flink starts a job. */
export function parallelismIn(configuration: Configuration): number {
  const overrides = configuration.get("pipeline.jobvertex-parallelism-overrides")?.split(",") ?? [];
  const own = overrides.map((entry) => entry.split(":")).find(([vertex]) => vertex?.trim() === vertexId);
  return Number(own?.[1] ?? configuration.get("parallelism.default") ?? 1);
}

/** The answers of Flink's REST API about the load of a job: what the autoscaler reads. */
export class LoadMetrics {
  readonly #clock: Clock;
  readonly #job: () => Job;
  readonly #load: Load;
  #at: number;
  #read = 0;
  #waiting = 0;

  constructor(clock: Clock, load: Load, job: () => Job) {
    this.#clock = clock;
    this.#load = load;
    this.#job = job;
    this.#at = clock.now();
  }

  /** The body of the response to a GET. Undefined: there is no such path. */
  answer(path: string): unknown {
    this.#pass();
    const job = this.#job();
    const { jobId } = job.settings;
    const [resource = "", query = ""] = path.split("?");
    const wanted = new URLSearchParams(query).get("get")?.split(",");
    switch (resource) {
      case `/jobs/${jobId}`:
        return this.#details(job);
      case `/jobs/${jobId}/vertices/${vertexId}/subtasks/metrics`: {
        const values = this.#values(job);
        return wanted === undefined
          ? Object.keys(values).map((id) => ({ id }))
          : wanted.flatMap((id) => (id in values ? [{ id, ...values[id] }] : []));
      }
      case "/jobmanager/metrics":
        return [
          { id: "taskSlotsTotal", value: String(job.parallelism) },
          { id: "taskSlotsAvailable", value: "0" },
        ];
      case "/taskmanagers/metrics":
        return (wanted ?? []).map((id) => ({ id, min: 1, max: id.includes("Max") ? 1_000 : 1, avg: 1 }));
      default:
        return undefined;
    }
  }

  /** What has been read, and what waits, since the last look. */
  #pass(): void {
    const now = this.#clock.now();
    const seconds = (now - this.#at) / 1_000;
    this.#at = now;
    const { arriving } = this.#load;
    const job = this.#job();
    const most = job.working ? this.#most(job) * seconds : 0;
    const offered = this.#waiting + arriving * seconds;
    const read = Math.min(offered, most);
    this.#waiting = offered - read;
    this.#read += read;
  }

  #most(job: Job): number {
    const { perSubtask, most = Number.POSITIVE_INFINITY } = this.#load;
    return Math.min(perSubtask * job.parallelism, most);
  }

  #rate(job: Job): number {
    const { arriving } = this.#load;
    return Math.min(this.#most(job), this.#waiting > 0 ? Number.POSITIVE_INFINITY : arriving);
  }

  #details(job: Job): object {
    return {
      jid: job.settings.jobId,
      timestamps: { RUNNING: job.runningSince ?? 0 },
      vertices: [
        {
          id: vertexId,
          parallelism: job.parallelism,
          maxParallelism,
          status: "RUNNING",
          slotSharingGroupId: "1".repeat(32),
          metrics: { "read-records": 0, "write-records": 0, "accumulated-busy-time": 0 },
        },
      ],
      plan: { nodes: [{ id: vertexId, inputs: [] }] },
    };
  }

  #values(job: Job): Record<string, { min: number; max: number; avg: number; sum: number }> {
    const rate = this.#rate(job);
    const busy = (1_000 * rate) / this.#most(job);
    const each = (sum: number) => ({ min: sum, max: sum, avg: sum, sum });
    return {
      busyTimeMsPerSecond: each(busy),
      backPressuredTimeMsPerSecond: each(0),
      "Source__numbers.numRecordsInPerSecond": each(rate),
      "Source__numbers.numRecordsIn": each(this.#read),
      "Source__numbers.pendingRecords": each(this.#waiting),
    };
  }
}
