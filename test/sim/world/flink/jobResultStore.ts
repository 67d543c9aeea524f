import { type Configuration, firstOf, flagOf, isHighlyAvailable } from "./configuration.ts";
import type { JobResultEntry, Storage } from "./storage.ts";

/**
 * Tells a JobManager after a restart that a job has ended: files beside the high-availability data. Without high
 * availability the results are only in memory, and a restart runs the job again.
 */
export class JobResultStore {
  readonly #entries: Map<string, JobResultEntry>;
  readonly #directory: string;
  readonly #deletesOnCommit: boolean;

  constructor(storage: Storage, configuration: Configuration, clusterId: string) {
    this.#entries = isHighlyAvailable(configuration) ? storage.jobResults : new Map();
    const base = firstOf(configuration, "high-availability.storageDir") ?? "";
    this.#directory =
      configuration.get("job-result-store.storage-path") ?? `${base}/job-result-store/${clusterId}`;
    this.#deletesOnCommit = flagOf(configuration, "job-result-store.delete-on-commit", true);
  }

  find(jobId: string): JobResultEntry | undefined {
    return this.#entries.get(this.#path(jobId));
  }

  add(jobId: string, status: JobResultEntry["status"]): void {
    this.#entries.set(this.#path(jobId), { status, dirty: true });
  }

  markClean(jobId: string): void {
    const entry = this.find(jobId);
    if (entry === undefined) return;
    if (this.#deletesOnCommit) this.#entries.delete(this.#path(jobId));
    else this.#entries.set(this.#path(jobId), { ...entry, dirty: false });
  }

  #path(jobId: string): string {
    return `${this.#directory}/${jobId}.json`;
  }
}
