import type { SavepointStatus } from "../../../../src/flink/api.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";

/** rest.async.store-duration: how long a finished operation is kept. */
const storeDurationMs = 300_000;

/** The status of an operation of any kind. */
type AnyStatus = { readonly state: string } | SavepointStatus;

/**
 * The asynchronous operations of one kind in a JobManager, by trigger id. A known id starts nothing. A finished operation is
 * removed after some time, and all of them when the process ends.
 */
export class Operations<Status extends AnyStatus = SavepointStatus> {
  readonly #clock: Clock;
  readonly #known = new Map<string, Status | { state: "in-progress" }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** False where the id is already known. */
  begin(jobId: string, triggerId: string): boolean {
    const key = `${jobId}/${triggerId}`;
    if (this.#known.has(key)) return false;
    this.#known.set(key, { state: "in-progress" });
    return true;
  }

  end(jobId: string, triggerId: string, status: Status): void {
    const key = `${jobId}/${triggerId}`;
    this.#known.set(key, status);
    this.#clock.after(storeDurationMs, () => this.#known.delete(key));
  }

  status(jobId: string, triggerId: string): Status | { state: "in-progress" } | { state: "unknown" } {
    return this.#known.get(`${jobId}/${triggerId}`) ?? { state: "unknown" };
  }
}

export const failedSavepoint = (message: string) => ({
  state: "failed" as const,
  failure: {
    className: "java.util.concurrent.CompletionException",
    stackTrace: `java.util.concurrent.CompletionException: ${message}`,
  },
});
