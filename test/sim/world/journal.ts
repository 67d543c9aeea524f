import type { Clock } from "../../../src/runtime/clock.ts";

/** The client: "operator#2" is the operator's second incarnation, "user" is the scenario. */
export type Actor = string;

/** The state that a job was restored from. */
export interface Restored {
  count: number;
  /** "nothing", the snapshot's path, or "missing …" where there is no snapshot at the given path. */
  from: string;
  /** How the JobManager got the path. */
  by: "nothing" | "high-availability" | "savepoint-path";
}

export type JournalEvent =
  | {
      event: "kubernetes-write";
      actor: Actor;
      verb: "create" | "apply" | "patch" | "replace-status" | "delete";
      kind: string;
      name: string;
      /** "ok", "unchanged" or the reason of the refusal. */
      outcome: string;
      /** The new revision, where the write changed anything. */
      revision?: number | undefined;
    }
  /** The API server validated objects and changed nothing. */
  | { event: "dry-run"; actor: Actor; verb: string; kind: string; name: string; outcome: string }
  | { event: "jobmanager-started"; cluster: string; pod: string }
  /** Another one holds the lease of high availability. */
  | { event: "jobmanager-waits"; cluster: string; pod: string }
  | { event: "jobmanager-stopped"; cluster: string; pod: string; how: string }
  | {
      event: "job-started";
      cluster: string;
      pod: string;
      jobId: string;
      /** Name of the session job; absent for an application. */
      sessionJob?: string;
      restored: Restored;
      /** The submitted job as JSON: image, jar, arguments, parallelism. */
      program: string;
      /** The JobManager recovered the job from the job graph in the high-availability data. */
      recovered: boolean;
    }
  /** The main method failed before it started a job. */
  | { event: "main-failed"; cluster: string; pod: string; jobId: string; program: string }
  | { event: "job-failed-over"; jobId: string; restored: Restored }
  /** New bounds of the parallelism; `isSame`: it had these already. */
  | { event: "rescale-noted"; jobId: string; lowerBound: number; upperBound: number; isSame: boolean }
  /** The tasks stop, and start again with another parallelism. */
  | { event: "job-rescaled"; jobId: string; restored: Restored }
  | { event: "parallelism-changed"; jobId: string; parallelism: number }
  | { event: "job-ended"; jobId: string; pod: string; state: string; count: number }
  /** The JobManager ended while the job ran; `count` is the job's count at that time. */
  | { event: "job-suspended"; jobId: string; pod: string; count: number }
  | { event: "checkpoint-completed"; jobId: string; id: number; path: string; count: number }
  | {
      event: "savepoint-requested";
      jobId: string;
      triggerId: string;
      stop: boolean;
      /** The trigger id is known: nothing was started. */
      repeated: boolean;
    }
  | {
      event: "savepoint-completed";
      /** Savepoints and checkpoints share the same sequence of ids. */
      id?: number;
      jobId: string;
      triggerId: string;
      path: string;
      count: number;
      stop: boolean;
    }
  | { event: "savepoint-failed"; jobId: string; triggerId: string }
  | { event: "cancel-accepted"; jobId: string }
  /** A request of the operator made the JobManager log an error. */
  | { event: "error-logged"; pod: string; what: string }
  /** A client has fetched a jar. */
  | { event: "jar-fetched"; actor: Actor; uri: string }
  /** A session cluster has planned the script of a job, and started nothing. */
  | { event: "script-checked"; cluster: string }
  | { event: "checkpoint-triggered"; jobId: string; triggerId: string; id: number; path: string }
  | { event: "snapshot-deleted"; path: string; by: Actor }
  | { event: "operator-started" | "operator-crashed" | "operator-stopped"; actor: Actor; note?: string }
  | { event: "fault"; note: string }
  | { event: "step"; note: string };

export type JournalEntry = JournalEvent & { at: number; index: number };

/** Everything that happened outside the operator, in order. Oracles read it, and the replay of a plan prints it. */
export class Journal {
  readonly entries: JournalEntry[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(event: JournalEvent): void {
    this.entries.push({ ...event, at: this.#clock.now(), index: this.entries.length });
  }

  of<E extends JournalEvent["event"]>(event: E): (JournalEntry & { event: E })[] {
    return this.entries.filter((entry): entry is JournalEntry & { event: E } => entry.event === event);
  }
}

/** One line for each entry, with the time since the start of the run. */
export const printJournal = (entries: readonly JournalEntry[], start: number): string[] =>
  entries.map(({ at, index, event, ...rest }) => {
    const fields = Object.entries(rest)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : value}`);
    return `${String(index).padStart(5)} ${((at - start) / 1000).toFixed(3).padStart(9)}s ${event} ${fields.join(" ")}`;
  });
