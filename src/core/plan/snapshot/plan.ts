import { isDeepStrictEqual } from "node:util";
import { resourceTypes } from "../../../api/kubernetes.ts";
import { redactTexts } from "../../../api/redact.ts";
import { showValue } from "../../diff/text.ts";
import { retryPauseMs } from "../../flinkstatesnapshot/attempt.ts";
import type { Action } from "../../flinkstatesnapshot/decision.ts";
import { jobOf, stateOf } from "../../flinkstatesnapshot/situation.ts";
import { obstacleOf } from "../../flinkstatesnapshot/trigger.ts";
import type { Canonical } from "../../spec/canonical.ts";
import { readStatusError } from "../../statusError.ts";
import type { PlannedAct } from "../acts.ts";
import type { Plan, PlannedChange } from "../plan.ts";
import { FUTURE_SAVEPOINT } from "../succeed.ts";
import { foreseeDeletion, foreseeSnapshot, type SnapshotCourse, type SnapshotStart } from "./foresee.ts";
import { asReady } from "./succeed.ts";

/** The plan for a FlinkStateSnapshot whose spec is the edited one, of which `start` has the present status and facts. */
export function planOfSnapshot(start: SnapshotStart): Plan {
  const { resource, facts } = start;
  const { metadata } = resource;
  const waits = waitingFor(start);
  const job = jobOf({ ...start, status: {} });
  const ready = waits === undefined || job === undefined ? facts : { ...facts, job: asReady(job) };
  // No JobManager knows the request of another snapshot by the trigger id of the first one.
  const unsent = isOfAnother(start) ? { unsent: resource.status?.triggerId } : {};
  const course = foreseeSnapshot({ ...start, facts: { ...ready, ...unsent } });
  const changes = changesOf(start);
  const steps = course.actions.flatMap(actOf);
  const refused = refusalOf(start, course);
  const waitsFor = refused === undefined ? waits : undefined;
  const isEffective = steps.length > 0 || changes.some(({ effect }) => effect !== "ignore");
  const isNew = resource.status?.state === undefined;
  const reason = reasonOf(start, course, changes);
  return redactTexts<Plan>({
    kind: resourceTypes.flinkStateSnapshot.kind,
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
    effect: refused !== undefined ? "refused" : isEffective || isNew ? "in place" : "nothing",
    disruptive: false,
    changes,
    ...(refused === undefined ? {} : { refused }),
    steps,
    ...(reason === undefined ? {} : { reason }),
    ...(waitsFor === undefined ? {} : { waitsFor }),
    touches: [],
    risks: risksOf(start, steps),
    ...(refused === undefined ? { onDeletion: deletionOf(course) } : {}),
  });
}

/** What a snapshot that is to be taken waits for, as a clause. What is permanent refuses it instead. */
function waitingFor(start: SnapshotStart): string | undefined {
  const { resource, now } = start;
  const { spec, status = {} } = resource;
  if (stateOf({ status }) !== "TRIGGER_PENDING" || spec.savepoint?.alreadyExists === true) return undefined;
  const job = jobOf({ ...start, status });
  if (job === undefined) return undefined;
  const { failures = 0, resultTimestamp = "" } = status;
  const leftMs = Date.parse(resultTimestamp) + retryPauseMs(failures) - now;
  const obstacle = obstacleOf(job);
  if (obstacle?.permanent) return undefined;
  if (obstacle !== undefined)
    return `its job: ${obstacle.why}. After five minutes of that, the snapshot is given up`;
  if (job.endpoint === undefined || job.jobId === undefined)
    return "its JobManager, which does not answer. After five minutes of that, the snapshot is given up";
  return failures > 0 && leftMs > 0
    ? `${Math.ceil(leftMs / 1_000)} s more, the pause after attempt ${failures}`
    : undefined;
}

/** One action of a decision, as a step. The labels and the finalizer are the operator's own bookkeeping. */
function actOf(action: Action): PlannedAct[] {
  switch (action.kind) {
    case "set-metadata":
    case "remove-finalizer":
      return [];
    case "trigger-savepoint": {
      const { targetDirectory, formatType } = action;
      const where = targetDirectory === undefined ? "" : ` in ${targetDirectory}`;
      return [{ what: "take savepoint", of: `(${formatType})${where}` }];
    }
    case "trigger-checkpoint":
      return [{ what: "take checkpoint", of: `(${action.checkpointType})` }];
    case "dispose":
      return [{ what: "dispose of savepoint", of: action.path }];
  }
}

const isSettled = ({ resource: { status = {} } }: SnapshotStart): boolean =>
  status.state === "COMPLETED" || status.state === "FAILED" || status.state === "ABANDONED";

/** The edit of a snapshot in progress makes it another one: of another job, or a checkpoint in place of a savepoint. */
function isOfAnother({ specBefore, resource: { spec, status } }: SnapshotStart): boolean {
  if (specBefore === undefined || status?.state !== "IN_PROGRESS") return false;
  const kindOf = ({ savepoint }: typeof spec) => (savepoint === undefined ? "checkpoint" : "savepoint");
  const jobOfSpec = ({ jobReference }: typeof spec) => [jobReference?.kind, jobReference?.name];
  return kindOf(specBefore) !== kindOf(spec) || !isDeepStrictEqual(jobOfSpec(specBefore), jobOfSpec(spec));
}

/**
 * Of one that is taken, or given up, only the disposal still reads the spec. Of one in progress, Flink has been told where, and in
 * which format.
 */
function changesOf(start: SnapshotStart): PlannedChange[] {
  const { specBefore, resource } = start;
  if (specBefore === undefined) return [];
  const settled = isSettled(start);
  const isRequested = resource.status?.state === "IN_PROGRESS" && !isOfAnother(start);
  const isRead = (path: string): boolean =>
    settled
      ? path.startsWith("jobReference") || path === "savepoint.disposeOnDelete"
      : !(isRequested && (path === "savepoint.path" || path === "savepoint.formatType"));
  const before = leavesOf(specBefore);
  const after = leavesOf(resource.spec);
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  return paths
    .filter((path) => !paths.some((other) => other.startsWith(`${path}.`)))
    .filter((path) => !isDeepStrictEqual(before.get(path), after.get(path)))
    .map((path) => ({
      field: `spec.${path}`,
      before: showValue(path, before.get(path) ?? null),
      after: showValue(path, after.get(path) ?? null),
      effect: isRead(path) ? "apply" : "ignore",
    }));
}

/** The fields that have a value, by their paths. An object without fields, such as a checkpoint, is a value. */
function leavesOf(value: object, prefix = ""): Map<string, Canonical> {
  return new Map(
    Object.entries(value).flatMap(([key, each]: [string, Canonical]): [string, Canonical][] => {
      const path = `${prefix}${key}`;
      return typeof each === "object" && each !== null && Object.keys(each).length > 0
        ? [...leavesOf(each, `${path}.`)]
        : [[path, each]];
    }),
  );
}

/** Why nothing is taken. What failed before, an edit does not cause. */
function refusalOf(start: SnapshotStart, { end }: SnapshotCourse): string | undefined {
  if (isSettled(start)) return undefined;
  const { state, error } = end.resource.status ?? {};
  const isRefused = state === "ABANDONED" || state === "FAILED" || state === "TRIGGER_PENDING";
  return isRefused ? readStatusError(error)?.message : undefined;
}

function reasonOf(
  start: SnapshotStart,
  { end }: SnapshotCourse,
  changes: readonly PlannedChange[],
): string | undefined {
  const { state } = start.resource.status ?? {};
  const ignored = changes.filter(({ effect }) => effect === "ignore").map(({ field }) => field);
  if (isSettled(start))
    return ignored.length === 0
      ? undefined
      : `The snapshot is ${state}: ${ignored.join(", ")} ${ignored.length === 1 ? "is" : "are"} not read any more. A new FlinkStateSnapshot takes another one.`;
  if (isOfAnother(start))
    return "The snapshot is in progress: what was requested of Flink is not waited for, its data stays, and another one is taken.";
  if (state === "IN_PROGRESS")
    return "The snapshot is in progress: what was requested of Flink stays as it is.";
  const { savepoint } = start.resource.spec;
  return savepoint?.alreadyExists === true && end.resource.status?.state === "COMPLETED"
    ? `The savepoint ${savepoint.path} is there already: Flink is not asked for one.`
    : undefined;
}

/** What could make it fail, of what the operator cannot know before it acts. */
function risksOf({ resource, facts }: SnapshotStart, steps: readonly PlannedAct[]): string[] {
  if (!steps.some(({ what }) => what === "take savepoint" || what === "take checkpoint")) return [];
  const { backoffLimit = -1 } = resource.spec;
  const { failures = 0 } = resource.status ?? {};
  const left = backoffLimit < 0 ? Number.POSITIVE_INFINITY : Math.max(0, backoffLimit - failures);
  const pauses = [1, 2, 3].slice(0, left).map((next) => `${retryPauseMs(failures + next) / 1_000} s`);
  const times =
    left === Number.POSITIVE_INFINITY ? "until one succeeds" : `${left} more time${left === 1 ? "" : "s"}`;
  const retried =
    left === 0
      ? "then the snapshot is FAILED"
      : `then it is tried again after ${pauses.join(", ")}, ${left > pauses.length ? "… " : ""}${times}`;
  return [
    `the attempt fails: ${retried}`,
    ...(facts.othersOpen
      ? ["another snapshot of the job is in progress: Flink may let this one wait for it, or refuse it"]
      : []),
  ];
}

/** What a deletion of the resource does to its data, once the plan is carried out. */
function deletionOf({ end }: SnapshotCourse): string {
  const { actions, end: after } = foreseeDeletion(end);
  const { path = "" } = end.resource.status ?? {};
  const which = path === FUTURE_SAVEPOINT ? "its savepoint" : `its savepoint ${path}`;
  if (actions.some(({ kind }) => kind === "dispose"))
    return `${which} is disposed of, unless a job may still be restored from it then`;
  if (actions.some(({ kind }) => kind === "remove-finalizer"))
    return path === "" ? "there is nothing to dispose of" : `${dataAt(end, path)} stays`;
  return readStatusError(after.resource.status?.error)?.message ?? "it waits until the snapshot is complete";
}

function dataAt({ resource }: SnapshotCourse["end"], path: string): string {
  const what = resource.spec.savepoint === undefined ? "checkpoint" : "savepoint";
  return path === FUTURE_SAVEPOINT ? `its ${what}` : `its ${what} ${path}`;
}
