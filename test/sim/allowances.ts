import type { Run } from "./harness.ts";
import type { Violation } from "./oracles.ts";
import { View } from "./scenario.ts";
import { resourceName } from "./workloads/resource.ts";

/**
 * The one end that a disturbance may bring about although the undisturbed run has another: the JobManager dies after
 * the job has stopped with a savepoint and before it told anybody where that is. Flink forgets it, no API tells it, and
 * the job must not start from anything older. Then, and only then, the operator stops and says so.
 */
export const savepointUntold = ({ plan, world }: Run): boolean => {
  if (plan.disturbance?.kind !== "rest-jobmanager-restart") return false;
  const { journal, store } = world;
  const died = journal.of("fault")[0]?.index ?? 0;
  const stopped = journal.of("savepoint-completed").findLast(({ stop, index }) => stop && index < died);
  const ended = journal.of("job-ended").some(({ index }) => stopped && index > stopped.index && index < died);
  return (
    stopped !== undefined &&
    ended &&
    !store.history.some(({ object }) => JSON.stringify(object.status ?? {}).includes(stopped.path))
  );
};

/** What has to hold then instead. */
export const stoppedForGood = ({ world, violations }: Run): Violation[] => {
  const { journal } = world;
  const end = journal.entries.length - 1;
  const died = journal.of("fault")[0]?.index ?? 0;
  const others = violations.filter(({ promise }) => promise !== "converges");
  const { status, job } = new View(world, resourceName);
  const promise = "stops and says so";
  if (!String(status?.error).includes("Manual restore required."))
    others.push({ promise, what: `status.error: ${status?.error}`, at: end });
  if (job !== undefined || journal.of("job-started").some(({ index }) => index > died))
    others.push({ promise, what: "a job was started", at: end });
  return others;
};
