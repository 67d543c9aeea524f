import { type Color, otherColor, templateSpecOf } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkDeployment, type DecisionAct } from "../../api/v1beta1/flinkdeployment.ts";
import type { Reason } from "../reasons.ts";
import type { BlueGreenChange } from "./change.ts";
import {
  buildChild,
  childMetadata,
  isReady,
  isSameSpec,
  isStateless,
  jobStateOf,
  templateOfChild,
} from "./child.ts";
import { errorReasonOf } from "./conditionReason.ts";
import type { Action, Outcome } from "./decision.ts";
import { normal, warning } from "./events.ts";
import type { ChildFacts } from "./facts.ts";
import { deleteChild, patchInPlace, removeLeftOver, writeChild } from "./inPlace.ts";
import { lastPathOf, recreate } from "./recreate.ts";
import { isRollback, withRollbackBegun } from "./rollback.ts";
import { beginSavepoint, failureOf, savepointAnswer, savepointFailed } from "./savepoint.ts";
import { changeIn, childOf, colorOf, runningOther, type Situation, type Step } from "./situation.ts";
import { begun, failing, timeOf, withoutError, withoutSavepoint } from "./status.ts";
import { formatStoredSpec } from "./storedSpec.ts";

/** One side is active, and nothing is under way. */
export const active: Step = (situation) => {
  const { blueGreenState: state } = situation.status;
  if (state === undefined || !state.startsWith("ACTIVE")) return undefined;
  const color = colorOf(state);
  const child = childOf(situation, color);
  if (child === undefined) return recreate(situation, color);
  if (child.deleting) return deletedByHand(situation, child);
  if (isRecreated(situation)) return recreate(situation, color);
  if (hasOldSavepoint(situation, color))
    return { status: withoutSavepoint(situation.status), requeueAfterMs: 0 };
  if (situation.facts.invalid !== undefined) return {};
  return act(situation, color, child, effectiveChange(situation, color, child));
};

/** Somebody deletes the active FlinkDeployment: what its job ends with is what the next one starts from. */
function deletedByHand({ status }: Situation, child: ChildFacts): Outcome {
  const path = lastPathOf(child);
  const waitsFor = `the FlinkDeployment ${child.resource.metadata.name} is being deleted, and is created again once it is gone`;
  return path === undefined || path === status.savepointPath
    ? { waitsFor }
    : { status: { ...withoutSavepoint(status), savepointPath: path }, waitsFor };
}

/** A crash came between its creation and the status: the path of the deleted one is still to be used. */
const isRecreated = ({ status }: Situation): boolean =>
  status.savepointPath !== undefined && status.savepointTriggerId === undefined;

/**
 * The savepoint is there, but the transition has not begun in its time, for example since the spec is refused. The job has gone on
 * since: another one is taken. What was started from it already goes on.
 */
function hasOldSavepoint(situation: Situation, color: Color): boolean {
  const { savepointTriggerId, savepointPath, abortTimestamp } = situation.status;
  const abortAt = timeOf(abortTimestamp);
  if (savepointTriggerId === undefined || savepointPath === undefined || abortAt === 0) return false;
  const next = childOf(situation, otherColor(color));
  return abortAt < situation.now && (next === undefined || !isStarted(next, "TRANSITION", savepointPath));
}

/**
 * The change, measured on what the child runs where that is not what was last acted on: its job state after a crash in the middle
 * of a change in place; and after a transition that was given up, of which it has nothing. An edit that takes such a transition back
 * changes nothing; the Java operator replaces the job that runs.
 */
function effectiveChange(situation: Situation, color: Color, child: ChildFacts): BlueGreenChange {
  const change = changeIn(situation, color);
  const desired = jobStateOf(templateSpecOf(situation.resource.spec));
  if (jobStateOf(child.resource.spec) !== desired) return desired === "suspended" ? "SUSPEND" : "RESUME";
  if (change === "TRANSITION" || change === "SAVEPOINT_REDEPLOY")
    return isTakenBack(situation, color, child) ? "NONE" : change;
  if (change !== "PATCH_CHILD" || situation.reconciled === undefined) return change;
  const reconciled = changeIn(
    { ...situation, reconciled: { template: { spec: templateOfChild(child.resource, color) } } },
    color,
  );
  return reconciled === "NONE" ? change : reconciled;
}

/** What is wanted runs already, and alone. What its job was started from does not matter any more. */
function isTakenBack(situation: Situation, color: Color, child: ChildFacts): boolean {
  const { job, ...wanted } = templateSpecOf(situation.resource.spec);
  const { initialSavepointPath: _, ...rest } = job ?? {};
  return (
    jobStateOf(child.resource.spec) === "running" &&
    runningOther(situation, color) === undefined &&
    isSameSpec(templateOfChild(child.resource, color), { ...wanted, job: rest })
  );
}

function act(situation: Situation, color: Color, child: ChildFacts, change: BlueGreenChange): Outcome {
  const { name } = child.resource.metadata;
  const wasSuspended = jobStateOf(child.resource.spec) === "suspended";
  switch (change) {
    case "NONE":
      return settled(situation, color, child);
    case "SUSPEND":
      return patchInPlace(situation, color, "Suspend", `The job of ${name} is suspended, as the spec asks.`);
    case "RESUME":
      return patchInPlace(situation, color, "Resume", `The job of ${name} is resumed, as the spec asks.`);
    case "PATCH_CHILD":
    case "SAVEPOINT_REDEPLOY":
    case "TRANSITION":
  }
  if (wasSuspended)
    return patchInPlace(situation, color, "Upgrade", `The spec of ${name}, which is suspended, is changed.`);
  const hasSavepoint = situation.status.savepointTriggerId !== undefined;
  if (!hasSavepoint && !isReady(child) && !isRollback(situation, color))
    return notReady(situation, color, name);
  return change === "PATCH_CHILD"
    ? patchInPlace(situation, color, "Upgrade", `The change of the spec restarts nothing: ${name} gets it.`)
    : replace(situation, color, child, change);
}

/** Nothing is to be done, except for what a crash or an edit that was taken back has left. */
function settled(situation: Situation, color: Color, child: ChildFacts): Outcome {
  const { status } = situation;
  const left = runningOther(situation, color);
  if (left !== undefined) return { actions: [deleteChild(left)] };
  const labels = labelsOf(situation, color, child);
  // The edit whose savepoint was taken or failed, or that waited for the child, was taken back.
  // A transition to another spec was given up, and the edit taken back.
  if (changeIn(situation, color) !== "NONE")
    return {
      actions: labels,
      status: { ...withoutRetry(status), lastReconciledSpec: formatStoredSpec(situation.resource.spec) },
    };
  const isTakenBack =
    status.savepointTriggerId !== undefined || status.retry !== undefined || waits.has(errorReasonOf(status));
  return isTakenBack ? { actions: labels, status: withoutRetry(status) } : { actions: labels };
}

/** Reasons of an edit that waits. */
const waits: ReadonlySet<Reason | undefined> = new Set([
  "TransitionFailed",
  "SavepointError",
  "RestoreFailed",
]);

function withoutRetry(status: Situation["status"]): Situation["status"] {
  const { retry: _, ...rest } = withoutSavepoint(withoutError(status));
  return { ...rest, jobStatus: { ...rest.jobStatus, state: "RUNNING" } };
}

/** Labels and annotations of the template that the child does not have. */
function labelsOf({ resource }: Situation, color: Color, { resource: child }: ChildFacts): Action[] {
  const { labels, annotations } = childMetadata(resource, color);
  const { name, uid = "" } = child.metadata;
  const has = (found: Readonly<Record<string, string>> = {}, wanted: Readonly<Record<string, string>>) =>
    Object.entries(wanted).every(([key, value]) => found[key] === value);
  return has(child.metadata.labels, labels) && has(child.metadata.annotations, annotations)
    ? []
    : [{ kind: "label-child", name, uid, labels, annotations }];
}

/** The Java operator counts the edit as done; here it waits until the job runs. */
function notReady(situation: Situation, color: Color, childName: string): Outcome {
  const { status, resource } = situation;
  const error =
    `Transition to ${otherColor(color)} not possible, current Flink Deployment '${childName}' is not READY. ` +
    `FAILING '${resource.metadata.name}'`;
  return {
    status: failing(status, error),
    errorReason: "TransitionFailed",
    events: status.error === error ? [] : [warning("TransitionFailed", error)],
  };
}

/** The other side is created, from a savepoint of this one if its job has state. */
function replace(
  situation: Situation,
  color: Color,
  child: ChildFacts,
  change: "SAVEPOINT_REDEPLOY" | "TRANSITION",
): Outcome {
  const { resource, status, settings, now } = situation;
  const next = otherColor(color);
  const isFromSavepoint = change === "TRANSITION" && !isStateless(templateSpecOf(resource.spec));
  const existing = childOf(situation, next);
  const savepointPath = status.savepointTriggerId === undefined ? undefined : status.savepointPath;
  if (isFromSavepoint && savepointPath === undefined) {
    if (situation.facts.strangers[next] !== undefined)
      return writeChild(situation, next, buildChild(resource, next, undefined));
    // Its state is older than the savepoint, and a FlinkDeployment takes a new path only at its first deployment.
    if (existing !== undefined) return removeLeftOver(existing);
    return savepointOf(situation, color, child);
  }
  const path = isFromSavepoint ? savepointPath : undefined;
  const desired = buildChild(resource, next, path);
  const isFound =
    existing !== undefined &&
    (isSameSpec(existing.resource.spec, asFlinkDeployment(desired).spec) ||
      isStarted(existing, change, path));
  if (existing !== undefined && !isFound) return removeLeftOver(existing);
  const written = writeChild(situation, next, desired);
  if (written.actions === undefined) return written;
  const from = path ?? templateSpecOf(resource.spec).job?.initialSavepointPath;
  const reason = `${desired.metadata.name} is created beside ${child.resource.metadata.name}, and takes its place once it runs.`;
  const acts: Record<typeof change, DecisionAct> = { SAVEPOINT_REDEPLOY: "Redeploy", TRANSITION: "Upgrade" };
  return {
    ...written,
    status: {
      ...begun(
        isRollback(situation, color) ? withRollbackBegun(status, now) : status,
        resource.spec,
        now + settings.abortGraceMs,
      ),
      blueGreenState: `TRANSITIONING_TO_${next}`,
    },
    explanation: { act: acts[change], reason, ...(from === undefined ? {} : { restoresFrom: from }) },
    events: [normal("TransitionStarted", reason)],
    requeueAfterMs: settings.intervalMs,
  };
}

/**
 * A crash came between its creation and the status: it starts from what this transition starts from, and an edit since then
 * changes it where it is.
 */
const isStarted = ({ resource }: ChildFacts, change: BlueGreenChange, path: string | undefined): boolean =>
  change === "TRANSITION" &&
  jobStateOf(resource.spec) === "running" &&
  (path === undefined || resource.spec.job?.initialSavepointPath === path);

/** The path of the savepoint is not known: it is to be taken, or Flink is asked for it, or it failed. */
function savepointOf(situation: Situation, color: Color, child: ChildFacts): Outcome {
  const { status, settings } = situation;
  if (status.savepointTriggerId === undefined) return beginSavepoint(situation, color, child);
  const answer = savepointAnswer(situation);
  if (answer?.state === "failed") {
    const cause = failureOf(situation, child);
    return cause === undefined ? { requeueAfterMs: 1_000 } : savepointFailed(situation, cause);
  }
  // Not known any more, or recorded by the Java operator: it is waited for, with its deadline.
  return {
    status: { ...status, blueGreenState: `SAVEPOINTING_${color}` },
    requeueAfterMs: timeOf(status.abortTimestamp) === 0 ? 0 : settings.intervalMs,
  };
}
