import { isOperatorsWrite } from "./actCounts.ts";
import { jobNames } from "./jobNames.ts";
import type { Run } from "./run.ts";
import { View } from "./scenario.ts";
import type { Violation } from "./violation.ts";
import { workloadNamed } from "./workloads/all.ts";
import { foreignTriggerId } from "./workloads/otherWriter.ts";
import { resourceName } from "./workloads/resource.ts";
import type { World } from "./world/world.ts";

/**
 * The one end that a fault may bring about although the fault-free run has another: the JobManager dies after
 * the job has ended and before it told anybody where the job's newest state is. Flink forgets it, no API tells it, and
 * the job must not start from anything older. Then, and only then, the operator stops and says so.
 */
export const newestStateUntold = (run: Run): boolean =>
  run.plan.fault?.kind === "rest-jobmanager-restart" &&
  (savepointUntold(run) ||
    checkpointUntold(run) ||
    forgottenBySession(run) ||
    stopUntold(run) ||
    twoHistories(run));

/** Without high availability, two runs of one job have each begun anew and come to something: neither continues the other. */
const twoHistories = ({ plan, world: { journal }, violations }: Run): boolean => {
  if (workloadNamed(plan.workload).surviving) return false;
  // Where nothing had to be launched from them, nothing stops.
  if (!violations.some(({ promise }) => promise === "converges")) return false;
  const starts = journal.of("job-started");
  const came = starts.filter(({ pod, index }, at) => {
    const end = starts[at + 1]?.index ?? journal.entries.length;
    const own = journal.of("checkpoint-completed").some((each) => each.index > index && each.index < end);
    return own && pod === starts[0]?.pod;
  });
  return came.length > 1;
};

/** The job has stopped with a savepoint. */
const savepointUntold = ({ plan, world }: Run): boolean => {
  const { journal } = world;
  const died = diedAt(world);
  const stopped = journal.of("savepoint-completed").findLast(({ stop, index }) => stop && index < died);
  // Without high availability a job does not go on, whether its end had come or not.
  const ended =
    !workloadNamed(plan.workload).surviving ||
    journal.of("job-ended").some(({ index }) => stopped && index > stopped.index && index < died);
  return stopped !== undefined && ended && !isRecorded(stopped.path, world);
};

/** The job has failed for good or was cancelled, and with it Flink takes away the HA metadata that it was to go on from. */
const checkpointUntold = ({ plan, world, heard }: Run): boolean => {
  const { journal } = world;
  const { stateful, surviving } = workloadNamed(plan.workload);
  if (!stateful || !surviving) return false;
  const died = diedAt(world);
  const ended = journal.of("job-ended").findLast(({ index }) => index < died);
  if (ended === undefined) return false;
  const names = jobNames(journal);
  const name = names(ended.jobId);
  const view = new View(world, resourceName);
  // Whom the operator cancelled itself, it does not ask for state: what is deleted goes. A session job is cancelled, so that
  // its cluster stays, where an application's JobManager is taken away.
  const cancelled =
    name === ""
      ? view.status?.jobStatus?.state === "CANCELED"
      : /^(CANCELED|CANCELLING|RECONCILING)$/.test(view.sessionJob(name)?.status?.jobStatus?.state ?? "");
  if (ended.state !== "FAILED" && !(ended.state === "CANCELED" && cancelled)) return false;
  const started = journal
    .of("job-started")
    .findLast(({ index, jobId }) => index < ended.index && names(jobId) === name);
  if (started === undefined) return false;
  const own = journal
    .of("checkpoint-completed")
    .findLast(({ index, jobId }) => index > started.index && index < ended.index && names(jobId) === name);
  const newest = own?.path ?? started.restored.from;
  const inHaMetadata = own !== undefined || started.restored.by === "high-availability";
  // What was told while the job still ran may not have been its newest checkpoint.
  const told = heard.some(
    ({ after, outcome }) => after > ended.index && after <= died && JSON.stringify(outcome).includes(newest),
  );
  // Nor what was recorded of a session job that ran on until it was cancelled.
  return inHaMetadata && !told && (name !== "" || !isRecorded(newest, world));
};

/** A session cluster without high availability forgets its jobs, and where their newest checkpoints are. */
const forgottenBySession = ({ plan, world, heard, violations }: Run): boolean => {
  if (workloadNamed(plan.workload).surviving) return false;
  // Where nothing had to be launched from it, nothing stops.
  if (stoppedJobs(world).length === 0 && !violations.some(({ promise }) => promise === "converges"))
    return false;
  const { journal } = world;
  const died = diedAt(world);
  const completed = journal.of("checkpoint-completed").filter(({ index }) => index < died);
  const starts = journal.of("job-started").filter(({ of, index }) => of !== undefined && index < died);
  // Whether one that has just begun had come to any by then, nobody can tell either.
  const last = starts.at(-1);
  const newest = completed.at(-1);
  if (newest === undefined || !completed.some(({ jobId }) => jobId === last?.jobId)) return starts.length > 0;
  const isOfSession = starts.some(({ jobId }) => jobId === newest.jobId);
  // What was known of a job that ran on need not be the newest when it is cancelled, nor of the next one that it is all.
  const [fault] = journal.of("fault");
  const cancelled =
    journal.of("cancel-accepted").findLast(({ index }) => index < died) ??
    // It may have been heard, for all that anybody can tell.
    (fault?.note.includes(": cancel ") === true ? fault : undefined);
  const since = cancelled?.index ?? 0;
  const told = heard.some(
    ({ after, outcome }) => after > since && after <= died && JSON.stringify(outcome).includes(newest.path),
  );
  return isOfSession && !told && (cancelled !== undefined || !isRecorded(newest.path, world));
};

/** It forgets, too, how far a job had come that it was asked to stop with a savepoint. */
const stopUntold = ({ plan, world }: Run): boolean => {
  if (workloadNamed(plan.workload).surviving || stoppedJobs(world).length === 0) return false;
  const { journal } = world;
  const died = diedAt(world);
  if (journal.of("fault")[0]?.note.includes("stopWithSavepoint") === true) return true;
  const asked = journal.of("savepoint-requested").findLast(({ stop, index }) => stop && index < died);
  const taken = journal.of("savepoint-completed").find(({ triggerId }) => triggerId === asked?.triggerId);
  return asked !== undefined && !(taken !== undefined && isRecorded(taken.path, world));
};

const diedAt = ({ journal }: World): number => journal.of("fault")[0]?.index ?? 0;

const isRecorded = (path: string, { store }: World): boolean =>
  store.history.some(({ object }) => JSON.stringify(object.status ?? {}).includes(path));

/** By the session job's name; "": the FlinkDeployment's own. */
function errorsOf(world: World): Map<string, string | undefined> {
  const view = new View(world, resourceName);
  const sessionJobs = new Set(world.journal.of("job-started").flatMap(({ of }) => of ?? []));
  return new Map([
    ["", view.status?.error],
    ...[...sessionJobs].map((name) => [name, view.sessionJob(name)?.status?.error] as const),
  ]);
}

const stoppedJobs = (world: World): string[] =>
  [...errorsOf(world)].flatMap(([name, error]) =>
    error?.includes("Manual restore required.") === true ? name : [],
  );

/** What has to hold then instead. */
export const stoppedForGood = ({ plan, world, violations }: Run): Violation[] => {
  const { journal } = world;
  const end = journal.entries.length - 1;
  const died = diedAt(world);
  const others = violations.filter(({ promise }) => promise !== "converges");
  const view = new View(world, resourceName);
  const stopped = stoppedJobs(world);
  const promise = "stops and says so";
  if (stopped.length === 0) {
    const errors = [...errorsOf(world).values()];
    others.push({ promise, what: `status.error: ${errors.join(", ")}`, at: end });
  }
  // What Flink starts by itself, in the same pod, is not the operator's.
  const { surviving } = workloadNamed(plan.workload);
  const before = new Set(journal.of("job-started").flatMap(({ pod, index }) => (index < died ? [pod] : [])));
  const starts = journal
    .of("job-started")
    .filter(({ index, of = "" }) => index > died && stopped.includes(of));
  const wasStarted = surviving
    ? (stopped.includes("") && view.job !== undefined) || starts.length > 0
    : starts.some(({ pod }) => !before.has(pod));
  if (wasStarted) others.push({ promise, what: "a job was started", at: end });
  return others;
};

/**
 * Without high availability a JobManager that dies takes the knowledge along that its job has failed, and runs it again
 * from the beginning: nobody can restart then what has failed.
 */
export const failureForgotten = ({ plan, world }: Run): boolean => {
  if (plan.fault?.kind !== "rest-jobmanager-restart" || workloadNamed(plan.workload).surviving) return false;
  const died = diedAt(world);
  const ended = world.journal.of("job-ended").findLast(({ index }) => index < died);
  return ended?.state === "FAILED" && new View(world, resourceName).job?.working === true;
};

/** Who is told late that a job began anew has decided to stop it with a savepoint, and decides again. */
export const decidedAgain = ({ plan, world }: Run, line: string): boolean => {
  if (plan.fault?.kind !== "rest-silent" || workloadNamed(plan.workload).surviving) return false;
  const [last, before] = new View(world, resourceName).status?.decisions ?? [];
  const isSecondThought = last?.reason?.includes("began anew") === true && before?.launchedAt === undefined;
  return isSecondThought && /^objects\.FlinkDeployment \S+\.status\.decisions: /.test(line);
};

/** What somebody else had begun ends with the JobManager, and the upgrade that waited for it goes its own way. */
export const beginsAloneAfter = ({ plan, world: { journal } }: Run): boolean =>
  plan.fault?.kind === "rest-jobmanager-restart" &&
  journal.of("savepoint-requested").some(({ triggerId }) => triggerId === foreignTriggerId) &&
  !journal.of("savepoint-completed").some(({ triggerId }) => triggerId === foreignTriggerId);

/** A job that began anew is not stopped with a savepoint, where there is a newer checkpoint of the run before. */
export const goesOnFromEarlierRun = ({ plan, world }: Run): boolean =>
  plan.fault?.kind === "rest-jobmanager-restart" &&
  !workloadNamed(plan.workload).surviving &&
  world.journal
    .of("job-started")
    .some(({ restored, index }) => index > diedAt(world) && restored.by === "savepoint-path");

/**
 * A session cluster that is to be replaced, and whose JobManager dies meanwhile, has nothing to wait for: Flink brings its
 * jobs back on the next one, by their ids.
 */
export const recoveredByNextCluster = ({ plan, world }: Run): boolean => {
  if (plan.fault?.kind !== "rest-jobmanager-restart") return false;
  const starts = world.journal.of("job-started");
  const died = diedAt(world);
  const before = new Set(starts.filter(({ index }) => index < died).map(({ pod }) => pod));
  return starts.some(
    ({ index, of, pod, recovered }) => index > died && of !== undefined && recovered && !before.has(pod),
  );
};

/**
 * To an operator that is shown old HA metadata, it names no checkpoint: Flink goes on from what is there, and the record of
 * the launch says what was seen.
 */
export const seenInOldMetadata = ({ plan: { fault } }: Run, line: string): boolean =>
  fault?.kind === "stale" &&
  fault.of === "ConfigMap" &&
  /decisions\.\d+\.restoresFrom: "the newest/.test(line);

/** A resource that is deleted in the middle of an act: an operator that hears of it late has begun the act, once. */
export const begunBeforeDeletion = ({ plan, world }: Run): boolean =>
  ["lag", "stale", "unobserved"].includes(plan.fault?.kind ?? "") &&
  (new View(world, resourceName).resource === undefined || sessionJobIsGone(world));

const sessionJobIsGone = (world: World): boolean =>
  world.journal
    .of("job-started")
    .some(({ of }) => of !== undefined && new View(world, resourceName).sessionJob(of) === undefined);

/**
 * A JobManager that restarts counts the job's restarts from zero: as many have to come again until the job is unhealthy.
 * So what was written of those before, and no more, may be written once more.
 */
export const troubleToldAgain = ({ plan, world: { journal } }: Run): number => {
  if (plan.fault?.kind !== "rest-jobmanager-restart") return 0;
  const died = journal.of("fault")[0]?.index ?? 0;
  const began = journal.of("job-failed-over")[0]?.index ?? died;
  return journal.entries.slice(began, died).filter(isOperatorsWrite).length;
};

/** Without resources, a savepoint that a JobManager was asked for as it died is given up, as in the reference, and said to be. */
export const savepointsGivenUp = ({ plan, world: { store } }: Run): number => {
  if (plan.fault?.kind !== "rest-jobmanager-restart") return 0;
  const told = store.history.filter(({ object: { reason } }) => reason === "SavepointError");
  return new Set(told.map(({ object }) => object.metadata.name)).size;
};
