import type { KubeObject } from "../../api/kubernetes.ts";
import { type Color, otherColor } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { DecisionAct } from "../../api/v1beta1/flinkdeployment.ts";
import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { buildChild, isSameSpec } from "./child.ts";
import type { Outcome } from "./decision.ts";
import { normal } from "./events.ts";
import { childOf, type Situation } from "./situation.ts";
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
    return { waitsFor: `the FlinkDeployment ${name} is in the way: it belongs to ${stranger}` };
  if (existing?.deleting) return { waitsFor: `the FlinkDeployment ${name} is being deleted` };
  if (existing === undefined) return { actions: [{ kind: "create-child", child }] };
  const { spec } = asFlinkDeployment(child);
  if (isSameSpec(existing.resource.spec, spec)) return { actions: [] };
  return { actions: [{ kind: "patch-child", name, uid: existing.resource.metadata.uid ?? "", spec }] };
}

/**
 * Changes the FlinkDeployment of this color where it is. With two of them it keeps the path that it was started from; the only
 * one gets the template's own (BLUEGREEN, "Children").
 */
export function patchInPlace(situation: Situation, color: Color, act: DecisionAct, reason: string): Outcome {
  const { resource, status, settings, now } = situation;
  const child = childOf(situation, color);
  const both = childOf(situation, otherColor(color)) !== undefined;
  const path = both ? pathOf(child) : undefined;
  const written = writeChild(situation, color, buildChild(resource, color, path));
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

/** What the child was started from. */
export const pathOf = (child: ReturnType<typeof childOf>): string | undefined =>
  child?.resource.spec.job?.initialSavepointPath ?? child?.resource.status?.jobStatus?.upgradeSavepointPath;
