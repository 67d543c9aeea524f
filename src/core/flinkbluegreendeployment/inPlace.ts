import type { KubeObject } from "../../api/kubernetes.ts";
import { type Color, otherColor, templateSpecOf } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { DecisionAct } from "../../api/v1beta1/flinkdeployment.ts";
import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { diffSpec } from "../diff/diff.ts";
import { LAST_STATE_DUMMY_PATH } from "../job/status/status.ts";
import { buildChild, isLaunched, isSameSpec } from "./child.ts";
import type { Action, Outcome } from "./decision.ts";
import { normal } from "./events.ts";
import type { ChildFacts } from "./facts.ts";
import { childOf, runningOther, type Situation } from "./situation.ts";
import { begun, withoutSavepoint } from "./status.ts";

/**
 * The write that brings a child to this content: none where it has it already, as after a crash. Without `actions`: it waits for
 * the end of an object of this name.
 */
export function writeChild(situation: Situation, color: Color, child: KubeObject): Outcome {
  const existing = childOf(situation, color);
  const stranger = situation.facts.strangers[color];
  const { name } = child.metadata;
  if (stranger !== undefined)
    return {
      waitsFor: `the FlinkDeployment ${name} is in the way: it belongs to ${stranger}`,
      // No event tells of the end of an object that belongs to nobody.
      requeueAfterMs: situation.settings.intervalMs,
    };
  if (existing?.deleting) return { waitsFor: `the FlinkDeployment ${name} is being deleted` };
  if (existing === undefined) return { actions: [{ kind: "create-child", child }] };
  const { spec } = asFlinkDeployment(child);
  if (isSameSpec(existing.resource.spec, spec)) return { actions: [] };
  return { actions: [{ kind: "patch-child", name, uid: existing.resource.metadata.uid ?? "", spec }] };
}

/**
 * Changes the FlinkDeployment of this color where it is. What a transition that a crash has interrupted left running beside it goes
 * first: from then on this one is the only one that runs.
 */
export function patchInPlace(situation: Situation, color: Color, act: DecisionAct, reason: string): Outcome {
  const { resource, status, settings, now } = situation;
  const left = runningOther(situation, color);
  if (left !== undefined) return removeLeftOver(left);
  const written = writeChild(situation, color, buildChild(resource, color, pathInPlace(situation, color)));
  if (written.actions === undefined) return written;
  return {
    ...written,
    status: {
      ...begun(withoutSavepoint(status), resource.spec, now + settings.abortGraceMs),
      blueGreenState: `TRANSITIONING_TO_${color}`,
    },
    explanation: { act, reason },
    events: [normal("SpecChanged", reason)],
    requeueAfterMs: settings.intervalMs,
  };
}

/**
 * The path that a child which is changed where it is has, instead of the template's own: with two of them what it was started from;
 * the only one gets the template's own (BLUEGREEN, "Children"). One that was not launched yet keeps the savepoint that it is to
 * start from. A new savepointRedeployNonce asks for the template's own in any case.
 */
export function pathInPlace(situation: Situation, color: Color): string | undefined {
  const { resource, reconciled } = situation;
  const child = childOf(situation, color);
  if (child === undefined) return undefined;
  if (diffSpec(child.resource.spec, templateSpecOf(resource.spec)).type === "SAVEPOINT_REDEPLOY")
    return undefined;
  if (childOf(situation, otherColor(color)) !== undefined) return pathOf(child);
  const { initialSavepointPath } = child.resource.spec.job ?? {};
  const isOwn = initialSavepointPath === templateSpecOf(reconciled ?? {}).job?.initialSavepointPath;
  return isLaunched(child) || isOwn ? undefined : initialSavepointPath;
}

/** What the child was started from. */
function pathOf({ resource: { spec, status } }: ChildFacts): string | undefined {
  const path = spec.job?.initialSavepointPath ?? status?.jobStatus?.upgradeSavepointPath;
  return path === LAST_STATE_DUMMY_PATH ? undefined : path;
}

/** What an earlier transition left is deleted, and waited for. */
export const removeLeftOver = (existing: ChildFacts): Outcome => ({
  actions: existing.deleting ? [] : [deleteChild(existing)],
  waitsFor: `the FlinkDeployment ${existing.resource.metadata.name} of an earlier transition is being deleted`,
});

export const deleteChild = ({ resource: { metadata } }: ChildFacts): Action => ({
  kind: "delete-child",
  name: metadata.name,
  uid: metadata.uid ?? "",
});
