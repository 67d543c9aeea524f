import type { ActionCounts } from "./actionCounts.ts";
import { jobNames } from "./jobNames.ts";
import { isRestFault } from "./plan.ts";
import type { Run } from "./run.ts";
import { View } from "./scenario.ts";
import { isOperatorWrite } from "./steps.ts";
import type { Violation } from "./violation.ts";
import { workloadNamed } from "./workloads/all.ts";
import { foreignTriggerId } from "./workloads/otherWriter.ts";
import { resourceName } from "./workloads/resource.ts";
import type { Journal, JournalEntry } from "./world/journal.ts";
import { textAt } from "./world/json.ts";
import type { World } from "./world/world.ts";

/**
 * The only end state that a fault may cause although the fault-free run has another: the JobManager dies after the job
 * has ended and before it reported where the job's newest state is. Flink loses that path, no API returns it, and the job
 * must not start from older state. Only then the operator stops and reports that a manual restore is required.
 */
export const newestStateUnknown = (run: Run): boolean =>
  run.plan.fault?.kind === "rest-jobmanager-restart" &&
  (savepointNotReported(run) ||
    checkpointNotReported(run) ||
    sessionClusterLostState(run) ||
    stopNotReported(run) ||
    divergentRuns(run));

/**
 * Without high availability, two runs of one job have each started without state and completed checkpoints: neither
 * continues the other.
 */
const divergentRuns = ({ plan, world: { journal }, violations }: Run): boolean => {
  if (workloadNamed(plan.workload).highlyAvailable) return false;
  // The operator only stops where it has to launch the job from one of them.
  if (!violations.some(({ invariant }) => invariant === "converges")) return false;
  const starts = journal.of("job-started");
  const withCheckpoints = starts.filter(({ pod, index }, at) => {
    const end = starts[at + 1]?.index ?? journal.entries.length;
    const own = journal.of("checkpoint-completed").some((each) => each.index > index && each.index < end);
    return own && pod === starts[0]?.pod;
  });
  return withCheckpoints.length > 1;
};

/** The job was stopped with a savepoint, and its path was not reported. */
const savepointNotReported = ({ plan, world }: Run): boolean => {
  const { journal } = world;
  const died = faultIndex(world);
  const stopped = journal.of("savepoint-completed").findLast(({ stop, index }) => stop && index < died);
  // Without high availability the job does not continue, whether it had ended or not.
  const ended =
    !workloadNamed(plan.workload).highlyAvailable ||
    journal.of("job-ended").some(({ index }) => stopped && index > stopped.index && index < died);
  return stopped !== undefined && ended && !isRecorded(stopped.path, world);
};

/** The job failed for good or was cancelled, and Flink deleted the HA metadata from which it would be recovered. */
const checkpointNotReported = ({ plan, world, restCalls }: Run): boolean => {
  const { journal } = world;
  const { stateful, highlyAvailable } = workloadNamed(plan.workload);
  if (!stateful || !highlyAvailable) return false;
  const died = faultIndex(world);
  const ended = journal.of("job-ended").findLast(({ index }) => index < died);
  if (ended === undefined) return false;
  const names = jobNames(journal);
  const name = names(ended.jobId);
  const view = new View(world, resourceName);
  // The operator does not read the state of a job that it cancels itself for a deletion. It cancels a session job, because
  // the cluster stays; it deletes the JobManager of an application.
  const cancelled =
    name === ""
      ? /^CANCEL(ED|LING)$/.test(view.status?.jobStatus?.state ?? "")
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
  // What was reported while the job still ran may not have been its newest checkpoint.
  const reported = restCalls.some(
    ({ journalLength, outcome }) =>
      journalLength > ended.index && journalLength <= died && JSON.stringify(outcome).includes(newest),
  );
  // The same holds for what was recorded of a job that ran until it was cancelled.
  const ranOn = name !== "" || view.status?.jobStatus?.state === "CANCELLING";
  return inHaMetadata && !reported && (ranOn || !isRecorded(newest, world));
};

/** Without high availability, a session cluster that restarts loses its jobs and the paths of their newest checkpoints. */
const sessionClusterLostState = ({ plan, world, restCalls, violations }: Run): boolean => {
  if (workloadNamed(plan.workload).highlyAvailable) return false;
  // The operator only stops where it has to launch the job from that state.
  if (
    jobsRequiringManualRestore(world).length === 0 &&
    !violations.some(({ invariant }) => invariant === "converges")
  )
    return false;
  const { journal } = world;
  const died = faultIndex(world);
  const completed = journal.of("checkpoint-completed").filter(({ index }) => index < died);
  const starts = journal
    .of("job-started")
    .filter(({ sessionJob, index }) => sessionJob !== undefined && index < died);
  // Whether a job that has just started had completed a checkpoint by then is unknown as well.
  const last = starts.at(-1);
  const newest = completed.at(-1);
  if (newest === undefined || !completed.some(({ jobId }) => jobId === last?.jobId)) return starts.length > 0;
  const isOfSession = starts.some(({ jobId }) => jobId === newest.jobId);
  // A path that was reported while the job ran need not be the newest one when the job is cancelled, and the next job does
  // not know whether it is.
  const [fault] = journal.of("fault");
  const cancelled =
    journal.of("cancel-accepted").findLast(({ index }) => index < died) ??
    // Whether the JobManager received the request is unknown.
    (fault?.note.includes(": cancel ") === true ? fault : undefined);
  const since = cancelled?.index ?? 0;
  const reported = restCalls.some(
    ({ journalLength, outcome }) =>
      journalLength > since && journalLength <= died && JSON.stringify(outcome).includes(newest.path),
  );
  return isOfSession && !reported && (cancelled !== undefined || !isRecorded(newest.path, world));
};

/** Such a cluster also loses the progress of a job for which a stop with a savepoint was requested. */
const stopNotReported = ({ plan, world }: Run): boolean => {
  if (workloadNamed(plan.workload).highlyAvailable || jobsRequiringManualRestore(world).length === 0)
    return false;
  const { journal } = world;
  const died = faultIndex(world);
  if (journal.of("fault")[0]?.note.includes("stopWithSavepoint") === true) return true;
  const requested = journal.of("savepoint-requested").findLast(({ stop, index }) => stop && index < died);
  const completed = journal
    .of("savepoint-completed")
    .find(({ triggerId }) => triggerId === requested?.triggerId);
  return requested !== undefined && !(completed !== undefined && isRecorded(completed.path, world));
};

/** Index of the journal entry of the first fault. */
const faultIndex = ({ journal }: World): number => journal.of("fault")[0]?.index ?? 0;

const isRecorded = (path: string, { store }: World): boolean =>
  store.history.some(({ object }) => JSON.stringify(object.status ?? {}).includes(path));

/** By the session job's name; "" is the FlinkDeployment itself. */
function errorsOf(world: World): Map<string, string | undefined> {
  const view = new View(world, resourceName);
  const sessionJobs = new Set(world.journal.of("job-started").flatMap(({ sessionJob }) => sessionJob ?? []));
  return new Map([
    ["", view.status?.error],
    ...[...sessionJobs].map((name) => [name, view.sessionJob(name)?.status?.error] as const),
  ]);
}

const jobsRequiringManualRestore = (world: World): string[] =>
  [...errorsOf(world)].flatMap(([name, error]) =>
    error?.includes("Manual restore required.") === true ? name : [],
  );

/** What must hold where the newest state is unknown: the operator reports it, and starts nothing. */
export const checkManualRestore = ({ plan, world, violations }: Run): Violation[] => {
  const { journal } = world;
  const end = journal.entries.length - 1;
  const died = faultIndex(world);
  const found = violations.filter(({ invariant }) => invariant !== "converges");
  const view = new View(world, resourceName);
  const stopped = jobsRequiringManualRestore(world);
  const invariant = "stops and reports it";
  // A resource that the user has deleted reports nothing.
  if (stopped.length === 0 && view.resource !== undefined) {
    const errors = [...errorsOf(world).values()];
    found.push({ invariant, message: `status.error: ${errors.join(", ")}`, at: end });
  }
  // The operator does not control what Flink starts by itself in the same pod.
  const { highlyAvailable } = workloadNamed(plan.workload);
  const before = new Set(journal.of("job-started").flatMap(({ pod, index }) => (index < died ? [pod] : [])));
  const starts = journal
    .of("job-started")
    .filter(({ index, sessionJob = "" }) => index > died && stopped.includes(sessionJob));
  const wasStarted = highlyAvailable
    ? (stopped.includes("") && view.job !== undefined) || starts.length > 0
    : starts.some(({ pod }) => !before.has(pod));
  if (wasStarted) found.push({ invariant, message: "a job was started", at: end });
  return found;
};

/**
 * Without high availability, a JobManager that restarts has lost the information that its job failed, and runs it again
 * from the beginning: there is no failed job that the operator could restart.
 */
export const failureLostByJobManager = ({ plan, world }: Run): boolean => {
  if (plan.fault?.kind !== "rest-jobmanager-restart" || workloadNamed(plan.workload).highlyAvailable)
    return false;
  const died = faultIndex(world);
  const ended = world.journal.of("job-ended").findLast(({ index }) => index < died);
  return ended?.state === "FAILED" && new View(world, resourceName).job?.working === true;
};

/** The operator learns late that the job started anew. It has already decided to stop it with a savepoint, and decides again. */
export const isRepeatedDecision = ({ plan, world }: Run, difference: string): boolean => {
  if (plan.fault?.kind !== "rest-silent" || workloadNamed(plan.workload).highlyAvailable) return false;
  const [last, before] = new View(world, resourceName).status?.decisions ?? [];
  const isRevised = last?.reason?.includes("began anew") === true && before?.launchedAt === undefined;
  return isRevised && /^objects\.FlinkDeployment \S+\.status\.decisions: /.test(difference);
};

/**
 * A JobManager that dies takes along what somebody else had begun, and where the savepoint is of a stop that had just ended: no
 * status names it. It also takes along the job that was to fail.
 */
export const forgetsOthers = ({ plan, world: { journal }, restCalls }: Run): boolean => {
  if (plan.fault?.kind !== "rest-jobmanager-restart") return false;
  if (plan.workload.startsWith("failed-while"))
    return !journal.of("job-ended").some(({ state }) => state === "FAILED");
  if (plan.workload === "upgrade-last-state-ended") return restoredAlthoughFailed(journal);
  if (!journal.of("savepoint-requested").some(({ triggerId }) => triggerId === foreignTriggerId))
    return false;
  const taken = journal.of("savepoint-completed").find(({ triggerId }) => triggerId === foreignTriggerId);
  return (
    taken === undefined || !restCalls.some(({ outcome }) => JSON.stringify(outcome).includes(taken.path))
  );
};

/** Its JobManager dies before it deletes the HA metadata of the job that has failed: the next one goes on from them. */
const restoredAlthoughFailed = (journal: Journal): boolean => {
  const died = journal.of("fault")[0]?.index ?? 0;
  return journal
    .of("job-started")
    .some(({ index, restored }) => index > died && restored.by === "high-availability");
};

/** A job that started anew is not stopped with a savepoint where the run before it has a newer checkpoint. */
export const restoredFromEarlierRun = ({ plan, world }: Run): boolean =>
  plan.fault?.kind === "rest-jobmanager-restart" &&
  !workloadNamed(plan.workload).highlyAvailable &&
  world.journal
    .of("job-started")
    .some(({ restored, index }) => index > faultIndex(world) && restored.by === "savepoint-path");

/**
 * The JobManager of a session cluster dies while the cluster is to be replaced. There is no job to wait for: Flink
 * recovers the jobs on the next JobManager by their ids.
 */
export const recoveredByNextCluster = ({ plan, world }: Run): boolean => {
  if (plan.fault?.kind !== "rest-jobmanager-restart") return false;
  const starts = world.journal.of("job-started");
  const died = faultIndex(world);
  const before = new Set(starts.filter(({ index }) => index < died).map(({ pod }) => pod));
  return starts.some(
    ({ index, sessionJob, pod, recovered }) =>
      index > died && sessionJob !== undefined && recovered && !before.has(pod),
  );
};

/**
 * An operator that reads stale HA metadata finds no checkpoint in it. Flink still recovers from the present metadata, and
 * the record of the launch names what the operator saw.
 */
export const restoredFromStaleMetadata = ({ plan: { fault } }: Run, difference: string): boolean =>
  fault?.kind === "stale" &&
  fault.objectKind === "ConfigMap" &&
  /decisions\.\d+\.restoresFrom: "the newest/.test(difference);

/**
 * A resource is deleted in the middle of an action: an operator that learns of it late has started the action, once. While the
 * API server is away, or a request of the upgrade gets no response, the job still runs, and the deletion stops it. And while the
 * deletion is held up, a stop that the fault-free run interrupts completes.
 */
export const stopStartedBeforeDeletion = ({ plan, world }: Run): boolean =>
  (delaying.includes(plan.fault?.kind ?? "") || plan.second !== undefined) &&
  (new View(world, resourceName).resource === undefined || sessionJobIsGone(world));

const delaying = ["lag", "stale", "unobserved", "outage", "late", "rest-slow", "rest-silent", "rest-overdue"];

/**
 * The operator dies after it has recorded the stop of an upgrade and before it requests it, or the JobManager does not accept
 * the request or answers late before it, and the user deletes the resource meanwhile: the deletion needs no stop with savepoint.
 */
export const stopOmittedByDeletion = ({ plan, world: { journal } }: Run): boolean =>
  (["crash-before", "crash-after", "stale"].includes(plan.fault?.kind ?? "") || isRestFault(plan)) &&
  journal.of("kubernetes-write").some(({ actor, verb }) => actor === "user" && verb === "delete") &&
  !journal.of("savepoint-requested").some(({ stop }) => stop);

/**
 * The JobManager restarts between an edit and its stop. Its job does not run then, so it is not stopped with a savepoint: it is
 * suspended, or upgraded, by last-state, a session job by cancel (`kubernetes.operator.job.upgrade.last-state-fallback.enabled`).
 */
export const fellBackToLastState = ({ plan, world }: Run): boolean => {
  if (plan.fault?.kind !== "rest-jobmanager-restart") return false;
  const { stateful, highlyAvailable } = workloadNamed(plan.workload);
  if (!highlyAvailable) return false;
  const { journal } = world;
  const died = faultIndex(world);
  const edited = journal.of("step").findLast(({ index }) => index < died)?.index ?? died;
  const isSessionJob = journal.of("job-started").some(({ sessionJob }) => sessionJob !== undefined);
  const removed = isSessionJob
    ? journal.of("cancel-accepted").find(({ index }) => index > died)
    : journal
        .of("kubernetes-write")
        .find(
          (entry) =>
            entry.index > died &&
            isOperatorWrite(entry) &&
            entry.verb === "delete" &&
            entry.kind === "Deployment",
        );
  if (removed === undefined) return false;
  const next = journal.of("job-started").find(({ index }) => index > removed.index);
  return (
    // A user who gives state up in the end has it until then.
    (stateful || next?.restored.by === "high-availability") &&
    !journal
      .of("savepoint-requested")
      .some(({ stop, index }) => stop && index > edited && index < removed.index)
  );
};

/**
 * An upgrade that was to be warm, and is cold. By last-state, the job stays in the cluster that has its HA metadata, and the one that
 * stood for it is deleted. From its savepoint, it is launched in the resource's name.
 */
export const upgradedCold = (run: Run): boolean =>
  /(^|-)warm(-|$)/.test(run.plan.workload) && (fellBackToLastState(run) || lostStandby(run));

/**
 * The JobManager of the new cluster dies while the old job is being stopped, or just before, when the operator has not been told. The
 * next one waits for the lease of the dead one, so it has no TaskManagers when the operator has waited long enough without a job.
 */
const lostStandby = ({ plan, world: { journal } }: Run): boolean => {
  if (plan.fault?.kind !== "rest-jobmanager-restart") return false;
  const died = journal.of("fault")[0]?.index ?? 0;
  const standby = journal.of("jobmanager-stopped").find(({ index }) => index > died);
  if (standby === undefined) return false;
  const hadJob = journal.of("job-started").some(({ pod, index }) => pod === standby.pod && index < died);
  const stop = journal
    .of("savepoint-requested")
    .findLast((each) => each.stop && each.at < standby.at + toldWithinMs);
  const stopped = journal
    .of("savepoint-completed")
    .find(({ jobId, triggerId }) => jobId === stop?.jobId && triggerId === stop.triggerId);
  const removed = journal
    .of("kubernetes-write")
    .find(
      (entry) =>
        entry.index > (stopped?.index ?? Number.POSITIVE_INFINITY) &&
        isOperatorWrite(entry) &&
        entry.verb === "delete" &&
        entry.kind === "Deployment" &&
        entry.name === standby.cluster,
    );
  if (hadJob || removed === undefined || removed.at < standby.at + patienceMs) return false;
  return journal
    .of("jobmanager-waits")
    .some(
      ({ pod, index, at }) =>
        pod === standby.pod && index > died && index < removed.index && at > removed.at - registrationMs,
    );
};

/** The time from the death of a JobManager until the operator knows of it. */
const toldWithinMs = 1_000;
/** How long the operator waits for an answer of the new cluster while no job runs (src/core/job/warm/standby.ts). */
const patienceMs = 10_000;
/** A JobManager looks for the lease every 2 s; TaskManagers register 1.5 s after it has it. */
const registrationMs = 3_500;

/** A job that fails after such an upgrade is not rolled back, unless the user asks for that. */
export const failsAfterColdUpgrade = (run: Run): boolean =>
  run.plan.workload === "warm-failing-job" &&
  upgradedCold(run) &&
  new View(run.world, resourceName).status?.lifecycleState === "FAILED";

/**
 * The operator begins an upgrade just after somebody else has begun to stop the job, and before Flink tells of it. It records
 * a stop of its own, looks again before it requests it, and takes the savepoint of the other one for it.
 */
export const tookStopOfOthers = ({ world: { journal } }: Run): boolean => {
  const stops = journal.of("savepoint-requested").filter(({ stop }) => stop);
  return stops.length === 1 && stops[0]?.triggerId === foreignTriggerId;
};

/**
 * What had been decided of a session job before the user edited it is carried out as it was decided, where the operator sees the
 * edit too late, or a call that gets no response in time holds up the fetch of its jar: the job does not wait for the edit, which
 * is then an upgrade of its own.
 */
export const startedBeforeEdit = ({ plan, world }: Run): boolean => {
  if (!["lag", "api-overdue", "api-silent"].includes(plan.fault?.kind ?? "")) return false;
  const { journal } = world;
  const edit = journal
    .of("kubernetes-write")
    .findLast(({ actor, kind, verb }) => actor === "user" && kind === "FlinkSessionJob" && verb === "patch");
  if (edit === undefined) return false;
  const [last, before] = new View(world, resourceName).sessionJob(edit.name)?.status?.decisions ?? [];
  return (
    last?.act === "Upgrade" &&
    (before?.generation ?? 0) < (last.generation ?? 0) &&
    Date.parse(before?.time ?? "") <= edit.at &&
    Date.parse(before?.launchedAt ?? "") > edit.at
  );
};

/**
 * A job that was suspended by last-state instead of with a savepoint cannot be resumed with another version of Flink: the operator
 * says so, and how it can be.
 */
export const refusesNextVersion = (run: Run): boolean => {
  const error = new View(run.world, resourceName).status?.error ?? "";
  return (
    fellBackToLastState(run) && error.includes("while the job is suspended by last-state: resume it with")
  );
};

/**
 * A job whose state is given up is cancelled before its cluster is deleted, which only spares Flink a failure. An operator that has
 * just started, and has not asked Flink yet, deletes the cluster at once: the HA metadata stay until the side is launched or deleted.
 */
export const leftMetadataOfUncancelled = (
  { plan, actionCounts }: Run,
  faultFree: ActionCounts,
  difference: string,
): boolean =>
  plan.fault?.kind.startsWith("crash-") === true &&
  actionCounts.cancels < faultFree.cancels &&
  /^objects\.ConfigMap sample-(blue|green)-(<id>-config-map|cluster-config-map\.data\.\S+): undefined → /.test(
    difference,
  );

/**
 * The hash of the texts that a script names is known to the operator that read them to submit the job. One that dies before it has
 * written it takes it along, and the status of its successor has none: the next upgrade says that it compares no state.
 */
export const forgetsTexts = ({ world: { journal } }: Run, difference: string): boolean => {
  const [, name] =
    /^objects\.FlinkSessionJob (\S+)\.status\.run\.sqlTexts: "\w+" → undefined/.exec(difference) ?? [];
  if (name === undefined) return false;
  // What a JobManager recovers, no operator has submitted.
  const last = journal
    .of("job-started")
    .findLast(({ sessionJob, recovered }) => sessionJob === name && !recovered);
  const written = journal.entries.find(
    (entry) =>
      entry.index > (last?.index ?? Number.POSITIVE_INFINITY) &&
      isOperatorWrite(entry) &&
      entry.event === "kubernetes-write" &&
      entry.verb === "replace-status" &&
      entry.kind === "FlinkSessionJob" &&
      entry.name === last?.sessionJob,
  );
  return journal
    .of("operator-crashed")
    .some(({ index }) => last !== undefined && index > last.index && index < (written?.index ?? index));
};

const sessionJobIsGone = (world: World): boolean =>
  world.journal
    .of("job-started")
    .some(
      ({ sessionJob }) =>
        sessionJob !== undefined && new View(world, resourceName).sessionJob(sessionJob) === undefined,
    );

/**
 * A JobManager that restarts counts the restarts of its job from zero: the same number must happen again until the job is
 * unhealthy. So the writes about the earlier restarts, and no others, may be repeated once.
 */
export const writesRepeatedAfterRestart = ({ plan, world: { journal } }: Run): number => {
  if (["rest-silent", "rest-overdue"].includes(plan.fault?.kind ?? "")) return writesUntilReplaced(journal);
  if (plan.fault?.kind !== "rest-jobmanager-restart") return 0;
  const died = journal.of("fault")[0]?.index ?? 0;
  const began = journal.of("job-failed-over")[0]?.index ?? died;
  return journal.entries.slice(began, died).filter(isOperatorWrite).length;
};

/**
 * Counters that come late are scaled to a window that has passed, and the count begins anew: the job fails some more times before it
 * is unhealthy. Only writes about these failures count, until its JobManager is replaced.
 */
const writesUntilReplaced = (journal: Journal): number => {
  const died = journal.of("fault")[0]?.index ?? 0;
  const failures = journal.of("job-failed-over");
  const isReplaced = (entry: JournalEntry): boolean =>
    isOperatorWrite(entry) && entry.verb === "delete" && entry.kind === "Deployment" && entry.index > died;
  const replaced = journal.entries.find(isReplaced)?.index ?? died;
  const began = failures.find(({ index }) => index > died)?.index ?? replaced;
  const isBefore = failures.some(({ index }) => index < died);
  return isBefore ? journal.entries.slice(began, replaced).filter(isOperatorWrite).length : 0;
};

/**
 * Without FlinkStateSnapshots, a savepoint that was requested from a JobManager as it died is abandoned, as by the Java
 * operator, and an event reports it.
 */
export const countAbandonedSavepoints = ({ plan, world: { store } }: Run): number => {
  if (plan.fault?.kind !== "rest-jobmanager-restart") return 0;
  const events = store.history.filter(({ object: { reason } }) => reason === "SavepointError");
  return new Set(events.map(({ object }) => object.metadata.name)).size;
};

/** Warnings about what ended together with the job of a deleted resource. */
const warningsOfDeletion = [
  // A snapshot that was in progress.
  /^Warning SnapshotAbandoned about \S+: The snapshot is given up: (there is no such job any more|its job is suspended or being deleted)\./,
  // One that had just been created for it.
  /^Warning ValidationError about \S+: spec\.jobReference\.name: there is no Flink(Deployment|SessionJob) /,
  /^Warning (Savepoint|Checkpoint)Error about \S+: (Savepoint|Checkpoint) attempt \d+ failed: /,
  // The operator has no client for ZooKeeper, and says where the user can.
  /^Warning CleanupFailed about \S+: HA metadata of the job may be left in ZooKeeper /,
];

/**
 * In the middle of a healthy workload, a deletion has Warnings that a deletion at rest does not have. And a snapshot whose
 * FlinkStateSnapshot the user has deleted before stays only for the job that could start from it: it goes with that job.
 */
export const followsFromDeletion = (
  { deletion, world: { journal, store } }: Pick<Run, "deletion" | "world">,
  { invariant, message, at }: Violation,
): boolean => {
  if (deletion === undefined) return false;
  if (invariant === "no Warning, no error when healthy")
    return warningsOfDeletion.some((pattern) => pattern.test(message));
  const [, path] = /^(\S+) was deleted, and it was the newest of the job$/.exec(message) ?? [];
  if (invariant !== "keeps snapshots" || path === undefined || at < deletion.index) return false;
  const deletedByUser = new Set(
    journal
      .of("kubernetes-write")
      .filter(
        ({ actor, verb, kind }) => actor === "user" && verb === "delete" && kind === "FlinkStateSnapshot",
      )
      .map(({ name }) => name),
  );
  return store.history.some(
    ({ object }) => deletedByUser.has(object.metadata.name) && textAt(object.status, "path") === path,
  );
};
