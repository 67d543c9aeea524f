import type { Clock } from "../../../src/runtime/clock.ts";

/** Who acted: "operator#2" is the operator's second incarnation, "user" is the scenario. */
export type Actor = string;

/** Where a job's state came from. */
export interface Restored {
  count: number;
  /** "nothing", the snapshot's path, or "missing …" where the job was sent to a place that holds none. */
  from: string;
  /** How the JobManager learnt of it. */
  by: "nothing" | "high-availability" | "savepoint-path";
}

export type JournalEvent =
  | {
      event: "kubernetes-write";
      actor: Actor;
      verb: "create" | "apply" | "patch" | "replace-status" | "delete";
      kind: string;
      name: string;
      /** "ok", "unchanged" (nothing was different) or the reason of the refusal. */
      outcome: string;
      /** The revision it made, where it changed anything. */
      revision?: number | undefined;
    }
  /** The API server judged objects and changed nothing. */
  | { event: "dry-run"; actor: Actor; verb: string; kind: string; name: string; outcome: string }
  | { event: "jobmanager-started"; cluster: string; pod: string }
  | { event: "jobmanager-stopped"; cluster: string; pod: string; how: string }
  | {
      event: "job-started";
      cluster: string;
      pod: string;
      jobId: string;
      /** Which of a session cluster's jobs it is, by its name; absent: the application. */
      of?: string;
      restored: Restored;
      /** What of the submitted job matters to its user: image, jar, arguments, parallelism. */
      program: string;
      /** The JobManager found the job's graph in the high-availability data, and ran that one. */
      recovered: boolean;
    }
  | { event: "job-failed-over"; jobId: string; restored: Restored }
  | { event: "job-ended"; jobId: string; pod: string; state: string; count: number }
  /** The JobManager is gone while the job ran; `count` is what the job had reached. */
  | { event: "job-suspended"; jobId: string; pod: string; count: number }
  | { event: "checkpoint-completed"; jobId: string; id: number; path: string; count: number }
  | {
      event: "savepoint-requested";
      jobId: string;
      triggerId: string;
      stop: boolean;
      /** The id had been seen before: nothing was started. */
      repeated: boolean;
    }
  | {
      event: "savepoint-completed";
      /** Counted with the checkpoints. */
      id?: number;
      jobId: string;
      triggerId: string;
      path: string;
      count: number;
      stop: boolean;
    }
  | { event: "savepoint-failed"; jobId: string; triggerId: string }
  | { event: "cancel-accepted"; jobId: string }
  /** A call of the operator's made the JobManager log an error. */
  | { event: "error-logged"; pod: string; what: string }
  /** Somebody who wanted a jar got it from where it is. */
  | { event: "jar-fetched"; actor: Actor; uri: string }
  | { event: "checkpoint-triggered"; jobId: string; triggerId: string; id: number; path: string }
  | { event: "snapshot-deleted"; path: string; by: Actor }
  | { event: "operator-started" | "operator-crashed" | "operator-stopped"; actor: Actor; note?: string }
  | { event: "fault"; note: string }
  | { event: "step"; note: string };

export type JournalEntry = JournalEvent & { at: number; index: number };

/** Everything that happened outside of the operator, in order. The oracles read it, and so does who replays a plan. */
export class Journal {
  readonly entries: JournalEntry[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(happening: JournalEvent): void {
    this.entries.push({ ...happening, at: this.#clock.now(), index: this.entries.length });
  }

  of<E extends JournalEvent["event"]>(event: E): (JournalEntry & { event: E })[] {
    return this.entries.filter((entry): entry is JournalEntry & { event: E } => entry.event === event);
  }
}

/** One entry a line, with the time since the start of the run. */
export const printJournal = (entries: readonly JournalEntry[], start: number): string[] =>
  entries.map(({ at, index, event, ...rest }) => {
    const fields = Object.entries(rest)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : value}`);
    return `${String(index).padStart(5)} ${((at - start) / 1000).toFixed(3).padStart(9)}s ${event} ${fields.join(" ")}`;
  });
