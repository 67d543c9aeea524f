import { formatJson } from "../../../api/exactJson.ts";
import type { KubeObject } from "../../../api/kubernetes.ts";
import { asFlinkBlueGreenDeployment } from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { planOfBlueGreen } from "../../../core/plan/blueGreen/plan.ts";
import { type Plan, planOf } from "../../../core/plan/plan.ts";
import { isForbidden, isKubeError } from "../../../kube/errors.ts";
import { noColours } from "../../../views/format.ts";
import { planText } from "../../../views/planText.ts";
import type { PlanAnswer } from "../../contract.ts";
import { fleetTypes } from "../fleet/row.ts";
import { asHttpError, bodyOf } from "../httpError.ts";
import { viewAsOperator, viewBlueGreenAsOperator } from "./operatorKnowledge.ts";
import type { Subject } from "./subject.ts";

/**
 * What a merge patch of the resource would do: the API server checks it without an effect, and the operator's decisions are run ahead on
 * what it would store.
 */
export async function planPatch(subject: Subject, patch: object, now: () => number): Promise<PlanAnswer> {
  const stored = await dryRun(subject, patch);
  if ("errors" in stored) return stored;
  const edited = withStatus(subject, stored.object);
  return subject.plural === "flinkbluegreendeployments"
    ? blueGreenAnswer(subject, edited, now)
    : jobAnswer(subject, edited, now);
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

/** A dry run counts the generation up by itself where the spec changes, as the write does. */
function withStatus({ object }: Subject, stored: KubeObject): KubeObject {
  const isEdited = formatJson(stored.spec) !== formatJson(object.spec);
  const generation = (object.metadata.generation ?? 0) + (isEdited ? 1 : 0);
  return {
    ...stored,
    metadata: { ...stored.metadata, generation },
    ...(object.status === undefined ? {} : { status: object.status }),
  };
}

async function jobAnswer(
  { caller, object }: Subject,
  edited: KubeObject,
  now: () => number,
): Promise<PlanAnswer> {
  const { start, assumed, sessionJobs, remarks } = await viewAsOperator(caller, edited, now);
  const specBefore = object.spec as typeof start.resource.spec;
  return answerOf(planOf({ ...(assumed ?? start), specBefore }, sessionJobs), remarks);
}

async function blueGreenAnswer(
  { caller, object }: Subject,
  edited: KubeObject,
  now: () => number,
): Promise<PlanAnswer> {
  const { start, remarks } = await viewBlueGreenAsOperator(caller, edited, now);
  const specBefore = asFlinkBlueGreenDeployment(object).spec;
  return answerOf(planOfBlueGreen({ ...start, specBefore }), remarks);
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
