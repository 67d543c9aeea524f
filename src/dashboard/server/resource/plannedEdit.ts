import { formatJson } from "../../../api/exactJson.ts";
import type { KubeObject } from "../../../api/kubernetes.ts";
import { type Plan, planOf } from "../../../core/plan/plan.ts";
import { isForbidden, isKubeError } from "../../../kube/errors.ts";
import { noColours } from "../../../views/format.ts";
import { planText } from "../../../views/planText.ts";
import type { PlanAnswer } from "../../contract.ts";
import { fleetTypes } from "../fleet/row.ts";
import { asHttpError, bodyOf } from "../httpError.ts";
import { viewAsOperator } from "./operatorKnowledge.ts";
import type { Subject } from "./subject.ts";

/**
 * What a merge patch of the resource would do: the API server checks it without an effect, and the operator's decisions are run ahead on
 * what it would store.
 */
export async function planPatch(subject: Subject, patch: object, now: () => number): Promise<PlanAnswer> {
  const stored = await dryRun(subject, patch);
  if ("errors" in stored) return stored;
  return subject.plural === "flinkbluegreendeployments"
    ? blueGreenAnswer(subject, stored.object)
    : jobAnswer(subject, stored.object, now);
}

type DryRun = { readonly object: KubeObject } | PlanAnswer;

async function dryRun({ caller, plural, namespace, name }: Subject, patch: object): Promise<DryRun> {
  const type = fleetTypes[plural];
  try {
    const object = await caller.kube.mergePatch(type, namespace, name, patch, {
      dryRun: true,
      fieldValidation: "Strict",
    });
    return { object: { ...object, kind: type.kind } };
  } catch (error) {
    const refused = asHttpError(error);
    const isRefused =
      isKubeError(error) && (error.status === 400 || error.status === 422 || isAdmission(error));
    if (refused === undefined || !isRefused) throw error;
    return {
      effect: "refused",
      text: refused.message,
      summary: refused.message,
      restarts: false,
      errors: [bodyOf(refused)],
    };
  }
}

/** A webhook denies by 403, too. */
const isAdmission = (error: unknown): boolean =>
  isForbidden(error) && /admission webhook/.test((error as Error).message);

async function jobAnswer(
  { caller, object }: Subject,
  stored: KubeObject,
  now: () => number,
): Promise<PlanAnswer> {
  const isEdited = formatJson(stored.spec) !== formatJson(object.spec);
  // A dry run counts the generation up by itself where the spec changes, as the write does.
  const generation = (object.metadata.generation ?? 0) + (isEdited ? 1 : 0);
  const edited: KubeObject = {
    ...stored,
    metadata: { ...stored.metadata, generation },
    ...(object.status === undefined ? {} : { status: object.status }),
  };
  const { start, assumed, sessionJobs, remarks } = await viewAsOperator(caller, edited, now);
  const specBefore = object.spec as typeof start.resource.spec;
  const plan = planOf({ ...(assumed ?? start), specBefore }, sessionJobs);
  return answerOf(plan, remarks);
}

function answerOf(plan: Plan, remarks: readonly string[]): PlanAnswer {
  const { effect, disruptive, lastDowntimeMs, restore, refused } = plan;
  const text = planText(plan, noColours, remarks);
  const [headline = ""] = text.split("\n");
  const { reason = `${headline.slice(headline.indexOf(": ") + 2)}.` } = plan;
  return {
    effect,
    text,
    summary: reason,
    restarts: disruptive,
    ...(lastDowntimeMs === undefined ? {} : { downtimeMs: lastDowntimeMs }),
    ...(restore === undefined ? {} : { restoresFrom: restore.from }),
    errors: refused === undefined ? [] : [{ message: refused }],
  };
}

/** No plan is made of a transition. What it begins with is known. */
function blueGreenAnswer({ object, name, namespace }: Subject, stored: KubeObject): PlanAnswer {
  const isEdited = formatJson(stored.spec) !== formatJson(object.spec);
  const summary = isEdited
    ? "The edit starts a new side beside the one that serves, which takes over when it is verified."
    : "The edit changes nothing that runs.";
  return {
    effect: isEdited ? "start" : "nothing",
    text: `FlinkBlueGreenDeployment ${namespace}/${name}: ${summary}\n`,
    summary,
    restarts: false,
    errors: [],
  };
}
