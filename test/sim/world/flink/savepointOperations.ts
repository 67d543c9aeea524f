import type { SavepointStatus } from "../../../../src/flink/api.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";

/** rest.async.store-duration: how long a finished operation can be asked for. */
const keptMs = 300_000;

/**
 * The JobManager's memory of savepoint requests by trigger id. An id that is already known starts nothing; a finished
 * one is forgotten after a while, all of them when the process ends.
 */
export class SavepointOperations {
  readonly #clock: Clock;
  readonly #known = new Map<string, SavepointStatus>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** False where the id is known already. */
  begin(jobId: string, triggerId: string): boolean {
    const key = `${jobId}/${triggerId}`;
    if (this.#known.has(key)) return false;
    this.#known.set(key, { state: "in-progress" });
    return true;
  }

  end(jobId: string, triggerId: string, status: SavepointStatus): void {
    const key = `${jobId}/${triggerId}`;
    this.#known.set(key, status);
    this.#clock.after(keptMs, () => this.#known.delete(key));
  }

  status(jobId: string, triggerId: string): SavepointStatus {
    return this.#known.get(`${jobId}/${triggerId}`) ?? { state: "unknown" };
  }
}

export const failedSavepoint = (message: string): SavepointStatus => ({
  state: "failed",
  failure: {
    className: "java.util.concurrent.CompletionException",
    stackTrace: `java.util.concurrent.CompletionException: ${message}`,
  },
});
