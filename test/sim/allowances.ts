import type { Run } from "./harness.ts";
import type { Violation } from "./oracles.ts";
import { View } from "./scenario.ts";
import { isOperatorsWrite } from "./tally.ts";
import { workloadNamed } from "./workloads/all.ts";
import { resourceName } from "./workloads/resource.ts";
import type { World } from "./world/world.ts";

/**
 * The one end that a disturbance may bring about although the undisturbed run has another: the JobManager dies after
 * the job has ended and before it told anybody where the job's newest state is. Flink forgets it, no API tells it, and
 * the job must not start from anything older. Then, and only then, the operator stops and says so.
 */
export const newestStateUntold = (run: Run): boolean =>
  run.plan.disturbance?.kind === "rest-jobmanager-restart" && (savepointUntold(run) || checkpointUntold(run));

/** The job has stopped with a savepoint. */
const savepointUntold = ({ world }: Run): boolean => {
  const { journal } = world;
  const died = diedAt(world);
  const stopped = journal.of("savepoint-completed").findLast(({ stop, index }) => stop && index < died);
  const ended = journal.of("job-ended").some(({ index }) => stopped && index > stopped.index && index < died);
  return stopped !== undefined && ended && !isRecorded(stopped.path, world);
};

/** The job has failed for good or was cancelled, and with it Flink takes away the HA metadata that it was to go on from. */
const checkpointUntold = ({ plan, world, heard }: Run): boolean => {
  const { journal } = world;
  if (!workloadNamed(plan.workload).stateful) return false;
  const died = diedAt(world);
  const ended = journal.of("job-ended").findLast(({ index }) => index < died);
  // Whom the operator cancelled itself, it does not ask for state: what is deleted goes.
  const cancelled = new View(world, resourceName).status?.jobStatus?.state === "CANCELED";
  if (ended?.state !== "FAILED" && !(ended?.state === "CANCELED" && cancelled)) return false;
  const started = journal.of("job-started").findLast(({ index }) => index < ended.index);
  if (started === undefined) return false;
  const own = journal
    .of("checkpoint-completed")
    .findLast(({ index }) => index > started.index && index < ended.index);
  const newest = own?.path ?? started.restored.from;
  const inHaMetadata = own !== undefined || started.restored.by === "high-availability";
  // What was told while the job still ran may not have been its newest checkpoint.
  const told = heard.some(
    ({ after, outcome }) => after > ended.index && after <= died && JSON.stringify(outcome).includes(newest),
  );
  return inHaMetadata && !told && !isRecorded(newest, world);
};

const diedAt = ({ journal }: World): number => journal.of("fault")[0]?.index ?? 0;

const isRecorded = (path: string, { store }: World): boolean =>
  store.history.some(({ object }) => JSON.stringify(object.status ?? {}).includes(path));

/** What has to hold then instead. */
export const stoppedForGood = ({ world, violations }: Run): Violation[] => {
  const { journal } = world;
  const end = journal.entries.length - 1;
  const died = diedAt(world);
  const others = violations.filter(({ promise }) => promise !== "converges");
  const { status, job } = new View(world, resourceName);
  const promise = "stops and says so";
  if (!String(status?.error).includes("Manual restore required."))
    others.push({ promise, what: `status.error: ${status?.error}`, at: end });
  if (job !== undefined || journal.of("job-started").some(({ index }) => index > died))
    others.push({ promise, what: "a job was started", at: end });
  return others;
};

/** A resource that is deleted in the middle of an act: an operator that hears of it late has begun the act, once. */
export const begunBeforeDeletion = ({ plan, world }: Run): boolean =>
  ["lag", "stale", "unobserved"].includes(plan.disturbance?.kind ?? "") &&
  new View(world, resourceName).resource === undefined;

/**
 * A JobManager that restarts counts the job's restarts from zero: as many have to come again until the job is unhealthy.
 * So what was written of those before, and no more, may be written once more.
 */
export const troubleToldAgain = ({ plan, world: { journal } }: Run): number => {
  if (plan.disturbance?.kind !== "rest-jobmanager-restart") return 0;
  const died = journal.of("fault")[0]?.index ?? 0;
  const began = journal.of("job-failed-over")[0]?.index ?? died;
  return journal.entries.slice(began, died).filter(isOperatorsWrite).length;
};
