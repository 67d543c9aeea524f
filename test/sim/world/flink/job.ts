import type { JobState, ParallelismBounds } from "../../../../src/flink/api.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";
import type { Journal, Restored } from "../journal.ts";
import type { Random } from "../random.ts";
import type { AdaptiveSettings } from "./adaptive.ts";
import type { CheckpointStore } from "./checkpointStore.ts";
import type { Program } from "./program.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Storage } from "./storage.ts";

export interface JobSettings {
  jobId: string;
  name: string;
  /** Name of the JobManager's pod. */
  pod: string;
  parallelism: number;
  /** It uses all available slots. */
  reactive: boolean;
  /** Undefined: its parallelism stays. */
  adaptive: AdaptiveSettings | undefined;
  /** Undefined: no periodic checkpoints. */
  checkpointIntervalMs: number | undefined;
  checkpointDirectory: string | undefined;
  restored: Snapshot | undefined;
}

export interface JobContext {
  clock: Clock;
  random: Random;
  journal: Journal;
  storage: Storage;
  checkpoints: CheckpointStore;
  /** The slots of registered TaskManagers. */
  slots(): number;
  /** Called when the job is FINISHED, CANCELED or FAILED. */
  ended(job: Job): void;
}

export const APPLICATION_DRIVER = "(application driver)";

const checkpointMs = 150;
const detailsCacheMs = 3_000;
const cancelMs = 400;
const tasksEndMs = 250;
const finishNoticeMs = 10;
const failOverMs = 1_000;
const rescaleMs = 300;
const detailMs = 3_000;

/** One execution of a job inside one JobManager. */
export class Job {
  readonly settings: JobSettings;
  readonly startTime: number;
  readonly #context: JobContext;
  readonly #program: Program;
  #state: JobState = "INITIALIZING";
  #endTime = -1;
  #lastModification: number;
  #failure: string | undefined;
  #applicationFailure: string | undefined;
  /** Records counted before `#runningSince`. */
  #counted: number;
  #runningSince: number | undefined;
  #stopping = false;
  #collisions = 0;
  #restarts = 0;
  readonly #failovers: number[] = [];
  #parallelism: number;
  #bounds: ParallelismBounds | undefined;
  #rescaling = false;
  /** When the tasks last started. */
  #startedAt = 0;
  #detail: { at: number; parallelism: number; working: boolean } | undefined;
  /** Completed checkpoints that were triggered through REST, by id. */
  readonly #triggeredCheckpoints = new Map<number, Snapshot>();

  constructor(settings: JobSettings, program: Program, context: JobContext) {
    this.settings = settings;
    this.#program = program;
    this.#bounds = settings.adaptive?.bounds;
    this.#parallelism = this.#bounds?.upperBound ?? settings.parallelism;
    this.#context = context;
    this.startTime = context.clock.now();
    this.#lastModification = this.startTime;
    this.#counted = settings.restored?.count ?? 0;
    context.clock.after(200, () => this.#start());
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

  /** The number of restarts since this JobManager runs the job. */
  get restarts(): number {
    return this.#restarts;
  }

  /** When it lost tasks that nobody took from it, oldest first. */
  get failovers(): readonly number[] {
    return this.#failovers;
  }

  get ended(): boolean {
    return this.#state === "FINISHED" || this.#state === "CANCELED" || this.#state === "FAILED";
  }

  /** The parallelism of its tasks: for a reactive job the number of slots. */
  get parallelism(): number {
    return this.#parallelism;
  }

  /** What was asked for; undefined: its scheduler cannot change it. */
  get bounds(): ParallelismBounds | undefined {
    return this.#bounds;
  }

  /** The slots that it asks for. */
  get wantedSlots(): number {
    return this.#bounds?.upperBound ?? this.settings.parallelism;
  }

  /** Notes the bounds. The tasks follow later. */
  rescale(bounds: ParallelismBounds): void {
    const { jobId } = this.settings;
    const isSame =
      bounds.lowerBound === this.#bounds?.lowerBound && bounds.upperBound === this.#bounds.upperBound;
    this.#context.journal.add({ event: "rescale-noted", jobId, ...bounds, isSame });
    this.#bounds = bounds;
    if (!isSame) this.#context.clock.after(50, () => this.slotsChanged());
  }

  /** The response of /jobs/:id comes from a cache. */
  detail(): { parallelism: number; working: boolean } {
    const at = this.#context.clock.now();
    if (this.#detail === undefined || at - this.#detail.at >= detailMs)
      this.#detail = { at, parallelism: this.#parallelism, working: this.working };
    return this.#detail;
  }

  /** All tasks have slots and run. */
  get working(): boolean {
    return this.#runningSince !== undefined;
  }

  /** Since when all tasks run. */
  get runningSince(): number | undefined {
    return this.#runningSince;
  }

  get count(): number {
    if (this.#runningSince === undefined) return this.#counted;
    const seconds = (this.#context.clock.now() - this.#runningSince) / 1000;
    return this.#counted + Math.floor(seconds * this.#program.recordsPerSecond);
  }

  /** False where the job has already ended in another state. */
  cancel(): boolean {
    if (this.#state === "CANCELED" || this.#state === "CANCELLING") return true;
    if (this.ended) return false;
    this.#context.journal.add({ event: "cancel-accepted", jobId: this.settings.jobId });
    this.#pause();
    this.#setState("CANCELLING");
    this.#context.clock.after(cancelMs, () => this.#end("CANCELED"));
    return true;
  }

  /** Why the application failed whose main method had started this job. */
  get applicationFailure(): string | undefined {
    return this.#applicationFailure;
  }

  #failMain(): void {
    if (this.ended) return;
    this.#applicationFailure = "java.lang.IllegalStateException: the main method failed late";
    this.cancel();
  }

  /** Fails the job for good, without a restart. */
  fail(cause: string): void {
    if (this.ended || this.#state === "CANCELLING") return;
    this.#failure = cause;
    this.#end("FAILED");
  }

  /** The number of slots has changed: tasks run only while there are slots for all of them. */
  slotsChanged(): void {
    if (this.#state !== "RUNNING" && this.#state !== "RESTARTING") return;
    const slots = this.#context.slots();
    const { adaptive } = this.settings;
    if (adaptive !== undefined && this.#bounds !== undefined) {
      this.#adapt(adaptive, this.#bounds, slots);
      return;
    }
    const enough = slots >= (this.settings.reactive ? 1 : this.settings.parallelism);
    const rescaled = this.settings.reactive && slots !== this.#parallelism;
    if ((!enough || rescaled) && this.working) this.#failOver();
    if (this.settings.reactive) this.#parallelism = slots;
    if (enough && !this.working) this.#resume();
  }

  /** The adaptive scheduler: the job runs with what there is, between its bounds. */
  #adapt(settings: AdaptiveSettings, { lowerBound, upperBound }: ParallelismBounds, slots: number): void {
    const { clock } = this.#context;
    const possible = Math.min(upperBound, slots);
    if (this.working && slots < this.#parallelism) this.#failOver();
    if (!this.working) {
      if (this.#rescaling) return;
      if (possible >= lowerBound && possible > 0) {
        this.#parallelism = possible;
        this.#resume();
      } else {
        const since = this.#lastModification;
        clock.after(settings.waitMs, () => {
          if (!this.working && this.#lastModification === since) this.fail("Not enough resources available");
        });
      }
      return;
    }
    if (possible === this.#parallelism || possible < lowerBound || settings.awaitsCheckpoint) return;
    const wait = this.#startedAt + settings.cooldownMs - clock.now();
    if (wait > 0) clock.after(wait, () => this.slotsChanged());
    else this.#changeParallelism();
  }

  /** Restarts the tasks from the newest checkpoint; without one from what the job was started from, or from nothing. */
  #changeParallelism(): void {
    if (this.#stopping) return;
    const { clock, journal } = this.#context;
    this.#failOver("job-rescaled");
    this.#rescaling = true;
    clock.after(rescaleMs, () => {
      this.#rescaling = false;
      this.slotsChanged();
      const { jobId } = this.settings;
      journal.add({ event: "parallelism-changed", jobId, parallelism: this.#parallelism });
    });
  }

  /** Calls `done` with the savepoint's path or the failure. */
  savepoint(
    triggerId: string,
    directory: string,
    stop: boolean,
    done: (outcome: { path: string } | { failure: string }) => void,
  ): void {
    const { jobId } = this.settings;
    const { clock, journal, storage, random, checkpoints } = this.#context;
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
      // The operation completes when all tasks have ended; the job is FINISHED only after that.
      clock.after(tasksEndMs, () => {
        done({ path });
        clock.after(finishNoticeMs, () => this.#end("FINISHED"));
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
    this.#context.checkpoints.endSavepoints();
    done({ failure: "CheckpointCoordinator shutdown." });
    if (this.settings.checkpointIntervalMs === undefined) {
      this.fail(
        "org.apache.flink.util.FlinkException: Stop-with-savepoint operation could not be completed.",
      );
      return;
    }
    this.#failOver();
    this.#context.clock.after(failOverMs, () => this.slotsChanged());
  }

  /** Calls `done` with the checkpoint's id or the failure. */
  triggerCheckpoint(triggerId: string, done: (outcome: { id: number } | { failure: string }) => void): void {
    const { checkpointDirectory, jobId } = this.settings;
    const { clock, journal } = this.#context;
    if (!this.working || this.#stopping || checkpointDirectory === undefined) {
      clock.after(50, () => done({ failure: "Checkpoint triggering task is not being executed." }));
      return;
    }
    const id = this.#checkpoint(checkpointDirectory, jobId, (snapshot) => {
      if (snapshot === undefined) {
        done({ failure: "An Exception occurred while triggering the checkpoint. IO-problem detected." });
        return;
      }
      this.#triggeredCheckpoints.set(id, snapshot);
      journal.add({ event: "checkpoint-triggered", jobId, triggerId, id, path: snapshot.path });
      done({ id });
    });
  }

  /** The path in the checkpoint details: from a cache, so a new checkpoint is unknown at first. */
  checkpointPath(id: number): string | undefined {
    const snapshot = this.#triggeredCheckpoints.get(id);
    const age = this.#context.clock.now() - (snapshot?.completedAt ?? 0);
    return age < detailsCacheMs ? undefined : snapshot?.path;
  }

  #start(): void {
    if (this.#state !== "INITIALIZING") return;
    if (this.#program.failsToStart !== undefined) {
      this.fail(this.#program.failsToStart);
      return;
    }
    this.#setState("CREATED");
    this.#context.clock.after(100, () => {
      if (this.#state !== "CREATED") return;
      this.#setState("RUNNING");
      this.slotsChanged();
      this.#scheduleCheckpoint();
    });
  }

  #resume(): void {
    const { clock } = this.#context;
    this.#runningSince = clock.now();
    this.#startedAt = clock.now();
    if (this.#state !== "RUNNING") this.#setState("RUNNING");
    const { finishesAfterMs, failsAfterMs, mainFailsAfterMs } = this.#program;
    if (finishesAfterMs !== undefined) clock.after(finishesAfterMs, () => this.#finish());
    if (failsAfterMs !== undefined) clock.after(failsAfterMs, () => this.fail("the job fails for good"));
    if (mainFailsAfterMs !== undefined) clock.after(mainFailsAfterMs, () => this.#failMain());
  }

  #finish(): void {
    if (this.working) this.#end("FINISHED");
  }

  #failOver(event: "job-failed-over" | "job-rescaled" = "job-failed-over"): void {
    const from = this.#context.checkpoints.newest ?? this.settings.restored;
    this.#runningSince = undefined;
    this.#restarts++;
    // A reactive job is changed by the number of its TaskManagers, which its user sets.
    if (event === "job-failed-over" && !this.settings.reactive)
      this.#failovers.push(this.#context.clock.now());
    this.#counted = from?.count ?? 0;
    this.#setState("RESTARTING");
    const restored: Restored =
      from === undefined
        ? { count: 0, from: "nothing", by: "nothing" }
        : { count: from.count, from: from.path, by: "high-availability" };
    this.#context.journal.add({ event, jobId: this.settings.jobId, restored });
  }

  #pause(): void {
    this.#counted = this.count;
    this.#runningSince = undefined;
  }

  #scheduleCheckpoint(): void {
    const { checkpointIntervalMs, checkpointDirectory, jobId } = this.settings;
    if (checkpointIntervalMs === undefined || checkpointDirectory === undefined) return;
    this.#context.clock.after(checkpointIntervalMs, () => {
      if (this.ended) return;
      if (this.working && !this.#stopping) this.#checkpoint(checkpointDirectory, jobId);
      this.#scheduleCheckpoint();
    });
  }

  #checkpoint(
    directory: string,
    jobId: string,
    done: (snapshot: Snapshot | undefined) => void = () => {},
  ): number {
    const { clock, journal, storage, checkpoints } = this.#context;
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
        if (this.#isToRescale()) this.#changeParallelism();
      } else {
        storage.discard(path, "flink");
        done(undefined);
      }
    });
    return id;
  }

  /** Flink 2 has waited for a checkpoint. */
  #isToRescale(): boolean {
    if (this.settings.adaptive?.awaitsCheckpoint !== true || this.#bounds === undefined) return false;
    const { lowerBound, upperBound } = this.#bounds;
    const possible = Math.min(upperBound, this.#context.slots());
    return this.working && possible !== this.#parallelism && possible >= lowerBound;
  }

  #end(state: "FINISHED" | "CANCELED" | "FAILED"): void {
    if (this.ended) return;
    this.#pause();
    this.#setState(state);
    this.#endTime = this.#context.clock.now();
    const { jobId, pod } = this.settings;
    // What Flink lists for a main method that failed is none that ran.
    if (this.settings.name !== APPLICATION_DRIVER)
      this.#context.journal.add({ event: "job-ended", jobId, pod, state, count: this.count });
    this.#context.ended(this);
  }

  #setState(state: JobState): void {
    this.#state = state;
    this.#lastModification = this.#context.clock.now();
  }
}
