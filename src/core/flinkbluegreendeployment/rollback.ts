import {
  type BlueGreenRollback,
  type Color,
  type FlinkBlueGreenDeploymentStatus,
  otherColor,
  templateSpecOf,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { isStateless, isSuspended, jobStateOf, templateOfChild } from "./child.ts";
import type { Outcome } from "./decision.ts";
import { normal, warning } from "./events.ts";
import type { ChildFacts } from "./facts.ts";
import { lastPathOf } from "./recreate.ts";
import { changeIn, childOf, type Situation } from "./situation.ts";
import { isoTime, timeOf } from "./status.ts";
import { formatStoredSpec, readStoredSpec } from "./storedSpec.ts";

type Status = FlinkBlueGreenDeploymentStatus;

/**
 * What comes before the old side is deleted: its spec is recorded, its job is stopped with a savepoint, and the path of this is
 * recorded. The new side has its place already. Undefined: it may be deleted.
 */
export function keepForRollback(situation: Situation, color: Color, old: ChildFacts): Outcome | undefined {
  const { status, settings, now } = situation;
  const { uid = "" } = old.resource.metadata;
  if (settings.rollbackMs <= 0) return undefined;
  const known = pendingOf(status, old);
  if (known === undefined) {
    // Suspended by somebody else: what it ran as is not known.
    if (jobStateOf(old.resource.spec) === "suspended") return undefined;
    const spec = recordedSpecOf(old, color);
    const rollback: BlueGreenRollback = {
      uid,
      spec: formatStoredSpec({ template: { spec } }),
      stopTimestamp: isoTime(now + settings.abortGraceMs),
    };
    return { status: { ...status, rollback }, requeueAfterMs: 0 };
  }
  if (isComplete(known)) return undefined;
  const stopped = recordPath(status, old, known);
  if (stopped !== undefined) return stopped;
  return timeOf(known.stopTimestamp) < now ? undefined : stop(situation, old, known);
}

/** Without state, it starts again from what it was started from. */
function recordedSpecOf({ resource }: ChildFacts, color: Color): FlinkDeploymentSpec {
  const spec = templateOfChild(resource, otherColor(color));
  const { initialSavepointPath } = resource.spec.job ?? {};
  return isStateless(resource.spec) && initialSavepointPath !== undefined
    ? { ...spec, job: { ...spec.job, initialSavepointPath } }
    : spec;
}

/** What is recorded of this old side, whose job is being stopped, or has been. */
function pendingOf({ rollback }: Status, { resource }: ChildFacts): BlueGreenRollback | undefined {
  const isPending = rollback?.uid === resource.metadata.uid && rollback?.expirationTimestamp === undefined;
  return isPending ? rollback : undefined;
}

/** Undefined: it has not been stopped with a savepoint (yet). */
function recordPath(status: Status, old: ChildFacts, known: BlueGreenRollback): Outcome | undefined {
  const path = isSuspended(old) ? lastPathOf(old) : undefined;
  return path === undefined
    ? undefined
    : { status: { ...status, rollback: { ...known, savepointPath: path } }, requeueAfterMs: 0 };
}

/**
 * The new side is not ready any more, while the old one is being stopped: it can be gone back to once its path is recorded. What is
 * not stopped yet has its time again, since nothing stops it meanwhile.
 */
export function keepWhileNotReady(situation: Situation, color: Color): Outcome | undefined {
  const { status, settings, now } = situation;
  const old = childOf(situation, otherColor(color));
  const known = old && pendingOf(status, old);
  if (old === undefined || known === undefined || isComplete(known)) return undefined;
  const stopped = recordPath(status, old, known);
  if (stopped !== undefined) return stopped;
  return timeOf(known.stopTimestamp) > now + settings.intervalMs
    ? undefined
    : { status: withTimeToStop(situation, status), requeueAfterMs: settings.intervalMs };
}

/** An edit, or a new side that is not ready, interrupts the stop of the old one. */
export const withTimeToStop = ({ settings, now }: Situation, status: Status): Status =>
  status.rollback === undefined || status.rollback.expirationTimestamp !== undefined
    ? status
    : {
        ...status,
        rollback: { ...status.rollback, stopTimestamp: isoTime(now + settings.abortGraceMs) },
      };

function stop({ settings, now }: Situation, old: ChildFacts, known: BlueGreenRollback): Outcome {
  const { name, uid = "" } = old.resource.metadata;
  const { spec } = old.resource;
  const suspended = {
    ...spec,
    job: { ...spec.job, state: "suspended" as const, upgradeMode: "savepoint" as const },
  };
  return {
    actions: jobStateOf(spec) === "suspended" ? [] : [{ kind: "patch-child", name, uid, spec: suspended }],
    waitsFor: `the job of ${name} is being stopped with a savepoint, so that it can be gone back to`,
    requeueAfterMs: Math.min(settings.intervalMs, timeOf(known.stopTimestamp) - now + 1),
  };
}

const isComplete = ({ spec, savepointPath }: BlueGreenRollback): boolean =>
  savepointPath !== undefined || isStateless(specOf(spec));

const specOf = (stored: string | undefined) => templateSpecOf(readStoredSpec(stored, "rollback.spec") ?? {});

/** The end of a transition: from now on what ran before can be gone back to, or nothing can. */
export function withRollback(
  { status, settings, now, resource }: Situation,
  old: ChildFacts | undefined,
): Pick<Outcome, "status" | "events"> & { readonly status: Status } {
  const { rollback, ...rest } = status;
  const isInPlace = old === undefined && rollback?.expirationTimestamp !== undefined;
  if (settings.rollbackMs > 0 && isInPlace && rollback.startTime === undefined) return { status, events: [] };
  const isOfOld = old === undefined || rollback?.uid === old.resource.metadata.uid;
  if (
    settings.rollbackMs <= 0 ||
    rollback === undefined ||
    rollback.expirationTimestamp !== undefined ||
    !isOfOld
  )
    return { status: rest, events: [] };
  const { name } = resource.metadata;
  if (!isComplete(rollback))
    return {
      status: rest,
      events: [
        warning(
          "RollbackUnavailable",
          `The job that ran before was not stopped with a savepoint in its time. ${name} cannot go back to it.`,
        ),
      ],
    };
  const expirationTimestamp = isoTime(now + settings.rollbackMs);
  const at = rollback.savepointPath === undefined ? "" : ` It was stopped with ${rollback.savepointPath}.`;
  return {
    status: { ...rest, rollback: { ...rollback, expirationTimestamp } },
    events: [
      normal(
        "RollbackAvailable",
        `Until ${expirationTimestamp} the job that ran before can be gone back to: kubectl flink rollback ${name}.${at}`,
      ),
    ],
  };
}

/** When what ran before can be gone back to no longer, in milliseconds since the epoch. Undefined: nothing can. */
export const rollbackEndOf = ({ rollback }: Status): number | undefined =>
  rollback?.expirationTimestamp === undefined ? undefined : timeOf(rollback.expirationTimestamp);

/** What a transition goes back to is kept until its end. */
export function withoutExpiredRollback(status: Status, now: number): Status {
  const { rollback, ...rest } = status;
  const end = rollbackEndOf(status);
  return end === undefined || end > now || rollback?.startTime !== undefined ? status : rest;
}

/** A record that cannot be read is none. */
export function withReadableRollback(status: Status): Status {
  const { rollback, ...rest } = status;
  try {
    specOf(rollback?.spec);
    return status;
  } catch {
    return rest;
  }
}

/** The transition that begins goes back to what ran before. */
export const withRollbackBegun = (status: Status, now: number): Status =>
  status.rollback === undefined
    ? status
    : { ...status, rollback: { ...status.rollback, startTime: isoTime(now) } };

/**
 * What can be gone back to at this time: once its savepoint is known, also before the transition has ended. A job without state, only
 * after it.
 */
export function usableRollback(status: Status, now: number): BlueGreenRollback | undefined {
  const { rollback } = withoutExpiredRollback(status, now);
  const isKnown = rollback?.savepointPath !== undefined || rollback?.expirationTimestamp !== undefined;
  return isKnown ? rollback : undefined;
}

/** What its job starts from again. Undefined: it has no state. */
export const startOf = ({ savepointPath, spec }: BlueGreenRollback): string | undefined =>
  savepointPath ?? specOf(spec).job?.initialSavepointPath;

/** The spec asks for what ran before, from its own start. The job that runs now need not be able to take a savepoint. */
export function isRollback(situation: Situation, color: Color): boolean {
  const { status, resource, now } = situation;
  const rollback = usableRollback(status, now);
  if (rollback === undefined || changeIn(situation, color) !== "SAVEPOINT_REDEPLOY") return false;
  const wanted = templateSpecOf(resource.spec);
  return (
    wanted.job?.initialSavepointPath === startOf(rollback) &&
    (rollback.savepointPath !== undefined || isStateless(wanted))
  );
}
