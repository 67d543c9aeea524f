import type { Configuration } from "./configuration.ts";
import { scriptOf } from "./sqlScript.ts";

/** What arrives at a job, and what one of its subtasks works off, in records per second. Read anew whenever time passes. */
export interface Load {
  arriving: number;
  perSubtask: number;
  /** What the job works off at most, whatever its parallelism. Absent: there is no such limit. */
  most?: number;
}

/** The behaviour of a user's job. */
export interface Program {
  /** What the autoscaler measures. Absent: a tenth of what the job can work off. */
  load?: Load;
  recordsPerSecond: number;
  savepointMs: number;
  /** A bounded job: it ends by itself. */
  finishesAfterMs?: number;
  /** The job fails for good this long after it started to run. */
  failsAfterMs?: number;
  /** main() throws. */
  failsToStart?: string;
  /** main() throws this long after it has started the job, which Flink then cancels. */
  mainFailsAfterMs?: number;
  /** No checkpoint completes while this holds. */
  checkpointsFail?: boolean;
  /** Savepoints fail while this holds. */
  savepointFails?: boolean;
}

/** Evaluated at each start of a job, so that a scenario can change the behaviour in between. */
export type Programs = (configuration: Configuration) => Program;

export const unboundedProgram: Program = { recordsPerSecond: 10, savepointMs: 2_000 };

/** The submitted job as one line of JSON. */
export const describeProgram = (configuration: Configuration, image: string): string =>
  JSON.stringify({
    image,
    jar: configuration.get("pipeline.jars"),
    main: configuration.get("$internal.application.main"),
    args: configuration.get("$internal.application.program-args"),
    script: scriptOf(configuration),
    parallelism: configuration.get("parallelism.default"),
  });
