import {
  type Color,
  type FlinkBlueGreenDeployment,
  otherColor,
  templateSpecOf,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { buildChild, isReady, isStateless, isSuspended, jobStateOf, templateOfChild } from "./child.ts";
import type { Outcome } from "./decision.ts";
import { normal, warning } from "./events.ts";
import type { ChildFacts } from "./facts.ts";
import { deleteChild, patchInPlace, pathInPlace, writeChild } from "./inPlace.ts";
import { lastPathOf, recreate } from "./recreate.ts";
import {
  keepForRollback,
  keepWhileNotReady,
  usableRollback,
  withRollback,
  withTimeToStop,
} from "./rollback.ts";
import { pointRouteAt, whyRouteStays } from "./route.ts";
import {
  changeIn,
  childOf,
  colorOf,
  isFirst,
  replacedOther,
  runningOther,
  type Situation,
  type Step,
} from "./situation.ts";
import {
  begun,
  failing,
  isoTime,
  timeOf,
  withJobState,
  withoutError,
  withoutMarkers,
  withoutPath,
  withoutVerification,
} from "./status.ts";
import { formatStoredSpec } from "./storedSpec.ts";
import { hasTimeOfVerification, verify } from "./verification.ts";

/** A FlinkDeployment starts beside the one that runs, or was changed in place. */
export const transitioning: Step = (situation) => {
  const { blueGreenState: state } = situation.status;
  if (state === undefined || !state.startsWith("TRANSITIONING")) return undefined;
  const color = colorOf(state);
  const child = childOf(situation, color);
  if (child === undefined || child.deleting) return lostChild(situation, color, child);
  return (
    edited(situation, color, child) ??
    replaced(situation, child) ??
    (jobStateOf(templateSpecOf(situation.reconciled ?? situation.resource.spec)) === "suspended"
      ? suspending(situation, color, child)
      : starting(situation, color, child))
  );
};

/** Beside one that runs, a new savepoint is taken for the next attempt: also where it could not be created again in its time. */
function lostChild(situation: Situation, color: Color, child: ChildFacts | undefined): Outcome {
  const { status, resource, settings, now } = situation;
  const other = runningOther(situation, color);
  if (child !== undefined) {
    const path = other === undefined ? lastPathOf(child) : undefined;
    const waitsFor = `the FlinkDeployment ${child.resource.metadata.name} is being deleted`;
    return path === undefined || path === status.savepointPath
      ? { waitsFor }
      : { status: { ...status, savepointPath: path }, waitsFor };
  }
  if (other === undefined) return recreate(situation, color);
  if (status.savepointPath !== undefined && timeOf(status.abortTimestamp) >= now)
    return {
      ...writeChild(situation, color, buildChild(underWay(situation), color, status.savepointPath)),
      requeueAfterMs: settings.intervalMs,
    };
  const active = otherColor(color);
  const error = `The new FlinkDeployment was deleted. The transition to ${color} begins again.`;
  const template = { ...resource.spec.template, spec: templateOfChild(other.resource, active) };
  return {
    status: {
      ...withoutMarkers(failing(status, error)),
      blueGreenState: `ACTIVE_${active}`,
      lastReconciledSpec: formatStoredSpec({ ...resource.spec, template }),
    },
    errorReason: "TransitionFailed",
    events: [warning("TransitionFailed", error)],
    requeueAfterMs: 0,
  };
}

/**
 * An edit reaches the FlinkDeployment under way, which gets its time again: until it is ready, the Ingress leads to the other one. A
 * suspension waits for the end, unless no other one runs: then the end may need it.
 */
function edited(situation: Situation, color: Color, child: ChildFacts): Outcome | undefined {
  const { resource, status, settings, facts, now } = situation;
  const change = changeIn(situation, color);
  const other = runningOther(situation, color);
  const waits = change === "SUSPEND" && (other !== undefined || isFirst(situation));
  if (facts.invalid !== undefined || change === "NONE" || waits) return undefined;
  const path = pathInPlace(situation, color);
  const isMovedBack = timeOf(status.deploymentReadyTimestamp) !== 0 && other !== undefined && isReady(other);
  const isAnew = path !== undefined && isStartedAnew(situation, color, child);
  const written = isAnew ? {} : writeChild(situation, color, buildChild(resource, color, path));
  const { deploymentReadyTimestamp } = withoutMarkers(status);
  const { deploymentReadyTimestamp: _, ...anew } = begun(
    withTimeToStop(situation, status),
    resource.spec,
    now + settings.abortGraceMs,
  );
  const reason = `The spec has changed: ${child.resource.metadata.name}, which is under way, gets it.`;
  return {
    ...written,
    actions: [...(isMovedBack ? pointRouteAt(situation, other) : []), ...(written.actions ?? [])],
    status: {
      ...anew,
      ...(isFirst(situation) ? {} : { deploymentReadyTimestamp }),
      ...(isAnew ? { savepointPath: path, replacedUid: child.resource.metadata.uid } : {}),
    },
    ...(isAnew ? { afterStatus: [deleteChild(child)] } : {}),
    explanation: { act: "Upgrade", reason },
    events: [normal("SpecChanged", reason)],
    requeueAfterMs: settings.intervalMs,
  };
}

/**
 * A side with state that is not ready may never take the savepoint that its own upgrade asks for. It starts anew, from the savepoint
 * that it was started from; the Java operator changes it where it is.
 */
const isStartedAnew = (situation: Situation, color: Color, child: ChildFacts): boolean =>
  replacedOther(situation, color) !== undefined && !isReady(child) && !isStateless(child.resource.spec);

/**
 * An edit has one replaced by another that starts from `savepointPath`: that the one of this uid is deleted is intended in the status.
 * The spec does not tell them apart, since admission may change it.
 */
function replaced({ status }: Situation, child: ChildFacts): Outcome | undefined {
  const { replacedUid } = status;
  if (replacedUid === undefined) return undefined;
  return child.resource.metadata.uid !== replacedUid
    ? { status: withoutPath(status), requeueAfterMs: 0 }
    : {
        actions: [deleteChild(child)],
        waitsFor: `the FlinkDeployment ${child.resource.metadata.name} is being deleted`,
      };
}

/** The resource with the spec that was last acted on: a suspension, or a spec that is refused, is not under way. */
const underWay = ({ resource, reconciled }: Situation): FlinkBlueGreenDeployment => ({
  ...resource,
  spec: reconciled ?? resource.spec,
});

function suspending(situation: Situation, color: Color, child: ChildFacts): Outcome {
  if (!isSuspended(child)) return unfinished(situation, color, child, "suspended");
  const kept = keepWhileNotReady(situation, color);
  if (kept !== undefined) return kept;
  const { status, events = [] } = withRollback(situation, childOf(situation, otherColor(color)));
  return {
    status: {
      ...withJobState(withoutMarkers(withoutError(status)), "SUSPENDED"),
      blueGreenState: `ACTIVE_${color}`,
    },
    events: [normal("Suspended", `The job of ${child.resource.metadata.name} is suspended.`), ...events],
    requeueAfterMs: 0,
  };
}

function starting(situation: Situation, color: Color, child: ChildFacts): Outcome {
  const { verification } = situation.status;
  if (verification?.failed !== undefined) return abort(situation, color, child, verification.failed);
  // Suspended by an abort that a crash has interrupted.
  if (jobStateOf(child.resource.spec) === "suspended")
    return replacedOther(situation, color) === undefined && !isFirst(situation)
      ? patchInPlace(situation, color, "Resume", `${child.resource.metadata.name} is to run.`)
      : abort(situation, color, child);
  const verdict = verify(situation, color, child);
  if (verdict !== undefined)
    return "failed" in verdict ? abortIntended(situation, verdict.failed) : verdict.outcome;
  if (isReady(child)) return ready(situation, color, child);
  const kept = keepWhileNotReady(situation, color);
  if (kept !== undefined) return kept;
  return unfinished(situation, color, child, "ready");
}

/**
 * The new side runs. The Ingress points at it from now on; the old side stays for the deletion delay. The Java operator moves the
 * Ingress after it has deleted the old side. Where the Ingress cannot be moved, the old side stays in use, and the new one has its time
 * to become reachable; an only side is active with the error.
 */
function ready(situation: Situation, color: Color, child: ChildFacts): Outcome {
  const { status, settings, now } = situation;
  const old = childOf(situation, otherColor(color));
  const route = pointRouteAt(situation, child);
  if (old === undefined || old.deleting) return { ...finished(situation, color, child, old), actions: route };
  const readyAt = timeOf(status.deploymentReadyTimestamp);
  const stays = whyRouteStays(situation);
  if (readyAt === 0 && stays !== undefined && runningOther(situation, color) !== undefined)
    return unfinished(situation, color, child, "reachable", stays);
  if (readyAt === 0)
    return {
      actions: route,
      status: { ...withoutVerification(status), deploymentReadyTimestamp: isoTime(now) },
      requeueAfterMs: settings.deletionDelayMs,
    };
  const leftMs = readyAt + settings.deletionDelayMs - now;
  if (leftMs > 0) return { actions: route, requeueAfterMs: leftMs };
  const kept = keepForRollback(situation, color, old);
  if (kept !== undefined) return { ...kept, actions: [...route, ...(kept.actions ?? [])] };
  return {
    ...finished(situation, color, child, old),
    actions: [...route, deleteChild(old)],
  };
}

function finished(
  situation: Situation,
  color: Color,
  child: ChildFacts,
  old: ChildFacts | undefined,
): Outcome {
  const { name } = child.resource.metadata;
  const { status, events = [] } = withRollback(situation, old);
  return {
    status: {
      ...withJobState(withoutMarkers(withoutError(status)), "RUNNING"),
      blueGreenState: `ACTIVE_${color}`,
    },
    events: [normal("TransitionFinished", `${name} runs, and is the active one.`), ...events],
    requeueAfterMs: 0,
  };
}

/** Not there yet: waits until its time is over. */
function unfinished(
  situation: Situation,
  color: Color,
  child: ChildFacts,
  goal: "ready" | "reachable" | "suspended",
  why?: string,
): Outcome {
  const { status, settings, now } = situation;
  const abortAt = timeOf(status.abortTimestamp);
  if (abortAt === 0 || hasTimeOfVerification(situation, goal === "reachable"))
    return {
      status: { ...status, abortTimestamp: isoTime(now + settings.abortGraceMs) },
      requeueAfterMs: settings.intervalMs,
    };
  if (abortAt >= now) return { requeueAfterMs: Math.min(settings.intervalMs, abortAt - now + 1) };
  const mayAbort =
    goal !== "suspended" && (replacedOther(situation, color) !== undefined || isFirst(situation));
  return mayAbort ? abort(situation, color, child, why) : overdue(situation, child, goal);
}

/**
 * What was changed in place is the only one that runs: it is not given up, and its own reconcile goes on. The Java operator
 * suspends it.
 */
function overdue(situation: Situation, child: ChildFacts, goal: string): Outcome {
  const { status, resource, now } = situation;
  const back =
    usableRollback(status, now) === undefined
      ? ""
      : ` kubectl flink rollback flinkbgdep/${resource.metadata.name} goes back to what ran before.`;
  const error = `The FlinkDeployment '${child.resource.metadata.name}' is not ${goal} after its time. It is waited for.${back}`;
  return {
    status: failing(status, error),
    errorReason: "TransitionFailed",
    events: status.error === error ? [] : [warning("TransitionFailed", error)],
  };
}

/** Once the new side is suspended, nothing tells any more what it has not shown. */
const abortIntended = ({ status }: Situation, failed: string): Outcome => ({
  status: { ...status, verification: { ...status.verification, failed } },
  requeueAfterMs: 0,
});

/**
 * The new side is suspended and the old one stays. The suspension of a side that is not needed any more must not depend on a
 * savepoint of it. The first FlinkDeployment is suspended as the spec says, since it may have state.
 */
function abort(situation: Situation, color: Color, child: ChildFacts, why?: string): Outcome {
  const { status } = situation;
  const other = runningOther(situation, color);
  const back = other === undefined ? "INITIALIZING_BLUE" : (`ACTIVE_${otherColor(color)}` as const);
  const { name, uid = "" } = child.resource.metadata;
  const { job } = child.resource.spec;
  const isDone = job?.state === "suspended";
  const suspended = { ...job, state: "suspended" as const };
  const spec = {
    ...child.resource.spec,
    job: other === undefined ? suspended : { ...suspended, upgradeMode: "stateless" as const },
  };
  const said = `Aborting deployment '${name}', rolling B/G deployment back to ${back}`;
  const error = why === undefined ? said : `${said}: ${why}`;
  return {
    actions: isDone ? [] : [{ kind: "patch-child", name, uid, spec }],
    status: { ...withoutMarkers(failing(status, error)), blueGreenState: back },
    errorReason: "TransitionAborted",
    explanation: { act: "Rollback", reason: `${said}: ${why ?? "it was not ready in time"}.` },
    events: [warning("TransitionAborted", error)],
  };
}
