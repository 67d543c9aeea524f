import { type Step, View } from "../scenario.ts";
import type { Job } from "../world/flink/job.ts";
import type { JobManager } from "../world/flink/jobManager.ts";
import { unboundedProgram } from "../world/flink/program.ts";
import type { World } from "../world/world.ts";
import { resourceName } from "./resource.ts";

/**
 * Somebody else who sends requests to a JobManager: the Java operator before it died, a person, a script. No status has a
 * trace of them, and no fault of a plan meets them.
 */

/** Of the application, or the session job of this name. */
function find(world: World, name: string | undefined): { jobManager: JobManager; job: Job } {
  for (const jobManager of world.flink.jobManagers.values()) {
    const job = jobManager.jobs.find(
      ({ ended, settings }) => !ended && (name === undefined || settings.name === name),
    );
    if (jobManager.clock.alive && jobManager.clusterId === resourceName && job !== undefined)
      return { jobManager, job };
  }
  throw new Error("there is no job to send a request about");
}

export const foreignTriggerId = "f0".repeat(16);

function savepoint(world: World, stop: boolean, name: string | undefined): void {
  const { jobManager, job } = find(world, name);
  jobManager.recordSavepointRequest(job.settings.jobId, foreignTriggerId, stop, false);
  job.savepoint(foreignTriggerId, jobManager.savepointDirectory ?? "", stop, () => {});
}

/** By hand, of the application. */
export function takeSavepoint(world: World, done: (path: string) => void): void {
  const { jobManager, job } = find(world, undefined);
  const triggerId = "ab".repeat(16);
  jobManager.recordSavepointRequest(job.settings.jobId, triggerId, false, false);
  job.savepoint(triggerId, jobManager.savepointDirectory ?? "", false, (outcome) => {
    if ("failure" in outcome) throw new Error(outcome.failure);
    done(outcome.path);
  });
}

/** Long enough for an operator that dies meanwhile to be back, and to have seen an edit. */
export const slowSavepoints: Step = {
  name: "savepoints take 20 s",
  act: (world) => {
    world.program = { ...unboundedProgram, savepointMs: 20_000 };
  },
};

export const stopElsewhere = (name?: string): Step => ({
  name: "somebody else stops the job with a savepoint",
  act: (world) => savepoint(world, true, name),
  thenWaitMs: 1_000,
});

export const savepointElsewhere: Step = {
  name: "somebody else takes a savepoint",
  act: (world) => savepoint(world, false, undefined),
  thenWaitMs: 1_000,
};

/** The job fails for good as soon as it is being stopped. */
export const failWhileStopping: Step = {
  name: "the job fails while it is being stopped",
  until: ({ world }) =>
    world.journal.of("savepoint-requested").length > world.journal.of("savepoint-completed").length,
  thenWaitMs: 500,
};

export const fail: Step = {
  name: "it fails for good",
  act: (world) =>
    new View(world, resourceName).job?.fail("java.lang.IllegalStateException: the disk is full"),
};
