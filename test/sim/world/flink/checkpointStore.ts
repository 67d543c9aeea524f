import type { CheckpointStatistics, CompletedSnapshot } from "../../../../src/flink/api.ts";
import type { Availability } from "./highAvailability.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Storage } from "./storage.ts";

/** Whether checkpoints are kept when the job has ended. */
export type Retention = "RETAIN_ON_CANCELLATION" | "DELETE_ON_CANCELLATION" | "NO_EXTERNALIZED_CHECKPOINTS";

/** The completed checkpoints of one job: in memory, and with high availability in a ConfigMap as well. */
export class CheckpointStore {
  readonly #storage: Storage;
  readonly #jobId: string;
  readonly #retained: number;
  readonly #restored: { snapshot: Snapshot; at: number } | undefined;
  readonly #availability: Availability | undefined;
  readonly #kept: Snapshot[];
  #lastSavepoint: Snapshot | undefined;
  #nextId: number;
  #completed = 0;
  #pending = 0;

  constructor(parts: {
    storage: Storage;
    jobId: string;
    retained: number;
    now: number;
    restored: Snapshot | undefined;
    availability: Availability | undefined;
  }) {
    this.#storage = parts.storage;
    this.#jobId = parts.jobId;
    this.#retained = parts.retained;
    this.#availability = parts.availability;
    this.#restored = parts.restored === undefined ? undefined : { snapshot: parts.restored, at: parts.now };
    // A checkpoint from the ConfigMap belongs to this job; a given savepoint does not.
    this.#kept = parts.restored?.jobId === parts.jobId ? [parts.restored] : [];
    this.#nextId = (parts.restored?.id ?? 0) + 1;
  }

  get newest(): Snapshot | undefined {
    return this.#kept.at(-1);
  }

  nextId(): number {
    this.#pending = 1;
    const id = this.#nextId++;
    this.#availability?.writeCounter(this.#jobId, this.#nextId);
    return id;
  }

  /** False where the checkpoint cannot be recorded: then it is not complete. */
  complete(snapshot: Snapshot): boolean {
    this.#pending = 0;
    if (this.#availability?.addCheckpoint(this.#jobId, snapshot) === false) return false;
    this.#completed++;
    this.#kept.push(snapshot);
    while (this.#kept.length > this.#retained) {
      const subsumed = this.#kept.shift() as Snapshot;
      this.#availability?.removeCheckpoint(this.#jobId, subsumed.id);
      if (subsumed.kind === "checkpoint") this.#storage.discard(subsumed.path, "flink");
    }
    return true;
  }

  completeSavepoint(snapshot: Snapshot): void {
    this.#pending = 0;
    this.#completed++;
    this.#lastSavepoint = snapshot;
  }

  /** After the job's end, deletes the checkpoints that the retention does not keep. */
  discardAfter(state: "FINISHED" | "CANCELED" | "FAILED", retention: Retention): void {
    const keeps =
      state === "CANCELED"
        ? retention === "RETAIN_ON_CANCELLATION"
        : state === "FAILED" && retention !== "NO_EXTERNALIZED_CHECKPOINTS";
    if (keeps) return;
    for (const snapshot of this.#kept) {
      if (snapshot.kind === "checkpoint") this.#storage.discard(snapshot.path, "flink");
    }
  }

  statistics(): CheckpointStatistics {
    const last = this.#kept.at(-1);
    const own = last !== undefined && last !== this.#restored?.snapshot ? last : undefined;
    return {
      completedCount: this.#completed,
      inProgressCount: this.#pending,
      latestCompleted: own && this.#describe(own, own.completedAt),
      latestSavepoint:
        this.#lastSavepoint && this.#describe(this.#lastSavepoint, this.#lastSavepoint.completedAt),
      latestRestored: this.#restored && this.#describe(this.#restored.snapshot, this.#restored.at),
    };
  }

  #describe(snapshot: Snapshot, timestamp: number): CompletedSnapshot {
    return {
      id: snapshot.id,
      externalPath: snapshot.path,
      isSavepoint: snapshot.kind === "savepoint",
      discarded: this.#storage.snapshot(snapshot.path) === undefined,
      timestamp,
      ...(snapshot === this.#restored?.snapshot ? {} : { completedAt: snapshot.completedAt }),
      stateSize: 2_655,
    };
  }
}
