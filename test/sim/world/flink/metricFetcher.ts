import type { JobMetrics } from "../../../../src/flink/api.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";

/** metrics.fetcher.update-interval */
const intervalMs = 10_000;
const collectMs = 50;

/** A request starts the collection of metrics, and its response has those of the previous collection; at first none. */
export class MetricFetcher {
  readonly #clock: Clock;
  readonly #collect: () => JobMetrics;
  #collected: JobMetrics = { restarts: undefined, completedCheckpoints: undefined };
  #startedAt: number | undefined;

  constructor(clock: Clock, collect: () => JobMetrics) {
    this.#clock = clock;
    this.#collect = collect;
  }

  fetch(): JobMetrics {
    const now = this.#clock.now();
    if (this.#startedAt === undefined || now - this.#startedAt >= intervalMs) {
      this.#startedAt = now;
      this.#clock.after(collectMs, () => {
        this.#collected = this.#collect();
      });
    }
    return this.#collected;
  }
}
