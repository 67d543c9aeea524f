import type { JobState } from "../../../../src/flink/api.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";
import type { Journal, Restored } from "../journal.ts";
import type { Random } from "../random.ts";
import type { CheckpointStore } from "./checkpointStore.ts";
import type { Program } from "./program.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Storage } from "./storage.ts";

export interface JobSettings {
  jobId: string;
  name: string;
  /** The JobManager's. */
  pod: string;
  parallelism: number;
  /** It runs on all slots that there are. */
  reactive: boolean;
  /** Undefined: no periodic checkpoints. */
  checkpointIntervalMs: number | undefined;
  checkpointDirectory: string | undefined;
  restored: Snapshot | undefined;
}

export interface JobSurroundings {
  clock: Clock;
  random: Random;
  journal: Journal;
  storage: Storage;
  checkpoints: CheckpointStore;
  /** Slots of registered TaskManagers. */
  slots(): number;
  /** The job is FINISHED, CANCELED or FAILED. */
  ended(job: Job): void;
}

const checkpointMs = 150;
const detailsCacheMs = 3_000;
const cancelMs = 400;
const tasksEndMs = 250;
const jobNoticesMs = 10;
const failOverMs = 1_000;

/** One execution of a job inside of one JobManager. */
export class Job {
  readonly settings: JobSettings;
  readonly startTime: number;
  readonly #around: JobSurroundings;
  readonly #program: Program;
  #state: JobState = "INITIALIZING";
  #endTime = -1;
  #lastModification: number;
  #failure: string | undefined;
  /** Records counted before `#runningSince`. */
  #counted: number;
  #runningSince: number | undefined;
  #stopping = false;
  #collisions = 0;
  #restarts = 0;
  #parallelism: number;
  /** Checkpoints that were asked for, by number. */
  readonly #told = new Map<number, Snapshot>();

  constructor(settings: JobSettings, program: Program, around: JobSurroundings) {
    this.settings = settings;
    this.#program = program;
    this.#parallelism = settings.parallelism;
    this.#around = around;
    this.startTime = around.clock.now();
    this.#lastModification = this.startTime;
    this.#counted = settings.restored?.count ?? 0;
    around.clock.after(200, () => this.#start());
  }

  get state(): JobState {
    return this.#state;
  }

  get endTime(): number {
    return this.#endTime;
  }

  get lastModification(): number {
    return this.#lastModification;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  /** How often its tasks have been started again since this JobManager runs it. */
  get restarts(): number {
    return this.#restarts;
  }

  get ended(): boolean {
    return this.#state === "FINISHED" || this.#state === "CANCELED" || this.#state === "FAILED";
  }

  /** Of its tasks: a reactive job has as many as there are slots. */
  get parallelism(): number {
    return this.#parallelism;
  }

  /** All tasks have slots and work. */
  get working(): boolean {
    return this.#runningSince !== undefined;
  }

  get count(): number {
    if (this.#runningSince === undefined) return this.#counted;
    const seconds = (this.#around.clock.now() - this.#runningSince) / 1000;
    return this.#counted + Math.floor(seconds * this.#program.recordsPerSecond);
  }

  /** False where the job has ended in another way already. */
  cancel(): boolean {
    if (this.#state === "CANCELED" || this.#state === "CANCELLING") return true;
    if (this.ended) return false;
    this.#around.journal.add({ event: "cancel-accepted", jobId: this.settings.jobId });
    this.#pause();
    this.#become("CANCELLING");
    this.#around.clock.after(cancelMs, () => this.#end("CANCELED"));
    return true;
  }

  /** For good: no restart strategy helps. */
  fail(cause: string): void {
    if (this.ended || this.#state === "CANCELLING") return;
    this.#failure = cause;
    this.#end("FAILED");
  }

  /** A TaskManager is gone or has come: tasks run only while there are slots for all of them. */
  slotsChanged(): void {
    if (this.#state !== "RUNNING" && this.#state !== "RESTARTING") return;
    const slots = this.#around.slots();
    const enough = slots >= (this.settings.reactive ? 1 : this.settings.parallelism);
    const other = this.settings.reactive && slots !== this.#parallelism;
    if ((!enough || other) && this.working) this.#failOver();
    if (this.settings.reactive) this.#parallelism = slots;
    if (enough && !this.working) this.#resume();
  }

  /** `done` gets the savepoint's path or why there is none. */
  savepoint(
    triggerId: string,
    directory: string,
    stop: boolean,
    done: (outcome: { path: string } | { failure: string }) => void,
  ): void {
    const { jobId } = this.settings;
    const { clock, journal, storage, random, checkpoints } = this.#around;
    const refuse = (failure: string): void => {
      journal.add({ event: "savepoint-failed", jobId, triggerId });
      this.#stopping = false;
      checkpoints.endSavepoints();
      done({ failure });
    };
    if (stop && this.working && this.#stopping) {
      this.#collide(done);
      return;
    }
    if (!this.working || this.#stopping) {
      clock.after(50, () => refuse("Checkpoint triggering task is not being executed at the moment."));
      return;
    }
    this.#stopping = stop;
    checkpoints.beginSavepoint(stop, clock.now());
    const collisions = this.#collisions;
    clock.after(this.#program.savepointMs, () => {
      if (collisions !== this.#collisions) {
        refuse("Checkpoint Coordinator is suspending.");
        return;
      }
      if (!this.working || this.#program.savepointFails === true) {
        refuse("An Exception occurred while triggering the checkpoint. IO-problem detected.");
        return;
      }
      const path = `${directory.replace(/^file:\/*/, "file:/")}/savepoint-${jobId.slice(0, 6)}-${random.hex(12)}`;
      const snapshot: Snapshot = {
        path,
        kind: "savepoint",
        jobId,
        id: checkpoints.nextId(),
        count: this.count,
        completedAt: clock.now(),
      };
      storage.keep(snapshot);
      checkpoints.completeSavepoint(snapshot);
      const { id, count } = snapshot;
      journal.add({ event: "savepoint-completed", jobId, id, triggerId, path, count, stop });
      if (!stop) {
        done({ path });
        return;
      }
      this.#counted = snapshot.count;
      this.#runningSince = undefined;
      // The trigger is complete when all tasks have ended, and only then does the job notice that it has.
      clock.after(tasksEndMs, () => {
        done({ path });
        clock.after(jobNoticesMs, () => this.#end("FINISHED"));
      });
    });
  }

  /**
   * Two stops at once fail both, as on real Flink 1.20 and 2.3: a job with checkpoints is restarted from its last one, one
   * without has no restart strategy.
   */
  #collide(done: (outcome: { failure: string }) => void): void {
    this.#collisions++;
    this.#stopping = false;
    this.#around.checkpoints.endSavepoints();
    done({ failure: "CheckpointCoordinator shutdown." });
    if (this.settings.checkpointIntervalMs === undefined) {
      this.fail(
        "org.apache.flink.util.FlinkException: Stop-with-savepoint operation could not be completed.",
      );
      return;
    }
    this.#failOver();
    this.#around.clock.after(failOverMs, () => this.slotsChanged());
  }

  /** `done` gets the checkpoint's number or why there is none. */
  triggerCheckpoint(triggerId: string, done: (outcome: { id: number } | { failure: string }) => void): void {
    const { checkpointDirectory, jobId } = this.settings;
    const { clock, journal } = this.#around;
    if (!this.working || this.#stopping || checkpointDirectory === undefined) {
      clock.after(50, () => done({ failure: "Checkpoint triggering task is not being executed." }));
      return;
    }
    const id = this.#checkpoint(checkpointDirectory, jobId, (snapshot) => {
      if (snapshot === undefined) {
        done({ failure: "An Exception occurred while triggering the checkpoint. IO-problem detected." });
        return;
      }
      this.#told.set(id, snapshot);
      journal.add({ event: "checkpoint-triggered", jobId, triggerId, id, path: snapshot.path });
      done({ id });
    });
  }

  /** As its details tell it: out of a cache, so that a new one is not known at first. */
  checkpointPath(id: number): string | undefined {
    const snapshot = this.#told.get(id);
    const age = this.#around.clock.now() - (snapshot?.completedAt ?? 0);
    return age < detailsCacheMs ? undefined : snapshot?.path;
  }

  #start(): void {
    if (this.#state !== "INITIALIZING") return;
    if (this.#program.failsToStart !== undefined) {
      this.fail(this.#program.failsToStart);
      return;
    }
    this.#become("CREATED");
    this.#around.clock.after(100, () => {
      if (this.#state !== "CREATED") return;
      this.#become("RUNNING");
      this.slotsChanged();
      this.#checkpointLater();
    });
  }

  #resume(): void {
    const { clock } = this.#around;
    this.#runningSince = clock.now();
    if (this.#state !== "RUNNING") this.#become("RUNNING");
    const { finishesAfterMs, failsAfterMs } = this.#program;
    if (finishesAfterMs !== undefined) clock.after(finishesAfterMs, () => this.#finish());
    if (failsAfterMs !== undefined) clock.after(failsAfterMs, () => this.fail("the job fails for good"));
  }

  #finish(): void {
    if (this.working) this.#end("FINISHED");
  }

  #failOver(): void {
    const from = this.#around.checkpoints.newest ?? this.settings.restored;
    this.#runningSince = undefined;
    this.#restarts++;
    this.#counted = from?.count ?? 0;
    this.#become("RESTARTING");
    const restored: Restored =
      from === undefined
        ? { count: 0, from: "nothing", by: "nothing" }
        : { count: from.count, from: from.path, by: "high-availability" };
    this.#around.journal.add({ event: "job-failed-over", jobId: this.settings.jobId, restored });
  }

  #pause(): void {
    this.#counted = this.count;
    this.#runningSince = undefined;
  }

  #checkpointLater(): void {
    const { checkpointIntervalMs, checkpointDirectory, jobId } = this.settings;
    if (checkpointIntervalMs === undefined || checkpointDirectory === undefined) return;
    this.#around.clock.after(checkpointIntervalMs, () => {
      if (this.ended) return;
      if (this.working && !this.#stopping) this.#checkpoint(checkpointDirectory, jobId);
      this.#checkpointLater();
    });
  }

  #checkpoint(
    directory: string,
    jobId: string,
    done: (snapshot: Snapshot | undefined) => void = () => {},
  ): number {
    const { clock, journal, storage, checkpoints } = this.#around;
    const count = this.count;
    const id = checkpoints.nextId();
    clock.after(checkpointMs, () => {
      if (!this.working || this.#program.checkpointsFail === true) {
        done(undefined);
        return;
      }
      const path = `${directory.replace(/^file:\/*/, "file:/")}/${jobId}/chk-${id}`;
      const snapshot: Snapshot = { path, kind: "checkpoint", jobId, id, count, completedAt: clock.now() };
      storage.keep(snapshot);
      if (checkpoints.complete(snapshot)) {
        journal.add({ event: "checkpoint-completed", jobId, id, path, count });
        done(snapshot);
      } else {
        storage.discard(path, "flink");
        done(undefined);
      }
    });
    return id;
  }

  #end(state: "FINISHED" | "CANCELED" | "FAILED"): void {
    if (this.ended) return;
    this.#pause();
    this.#become(state);
    this.#endTime = this.#around.clock.now();
    const { jobId, pod } = this.settings;
    this.#around.journal.add({ event: "job-ended", jobId, pod, state, count: this.count });
    this.#around.ended(this);
  }

  #become(state: JobState): void {
    this.#state = state;
    this.#lastModification = this.#around.clock.now();
  }
}
