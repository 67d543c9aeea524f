import { type Explanation, explain } from "../../../core/plan/explanation.ts";
import { planOf } from "../../../core/plan/plan.ts";
import type { OperatorView } from "../../../views/operatorView.ts";
import { actText } from "../../../views/planText.ts";
import type { FieldDifference } from "../../contract.ts";

/** What the operator does and what it waits for, as sentences, and what else its decisions say. */
export interface Explained {
  readonly explanation: Explanation;
  readonly sentences: readonly string[];
  readonly desired: readonly FieldDifference[];
}

const effects = {
  ignore: "no restart",
  apply: "applied beside the job",
  scale: "scales in place where it can",
  upgrade: "restart",
  redeploy: "redeploy, gives up newer state",
} as const;

export function explainView({ start, assumed }: OperatorView): Explained {
  const explanation = explain(start, assumed);
  return {
    explanation,
    sentences: sentencesOf(explanation),
    desired: planOf(assumed ?? start).changes.map(({ field, before, after, effect }) => ({
      path: field,
      deployed: before,
      desired: after,
      effect: effects[effect],
    })),
  };
}

function sentencesOf({ state, message, error, facts, next, waitsFor, restart }: Explanation): string[] {
  const doesNothing = next !== undefined && next.length === 0 && waitsFor === undefined;
  return [
    message === "" ? `It is ${state}.` : message,
    ...(error === undefined || error === message ? [] : [`Error: ${error}`]),
    ...facts,
    ...(next ?? []).map((act) => `The operator is to ${actText(act)}.`),
    ...(waitsFor === undefined ? [] : [`The operator waits for: ${waitsFor}.`]),
    ...(doesNothing ? ["The operator has nothing to do."] : []),
    ...(restart === undefined ? [] : [restart]),
  ];
}
