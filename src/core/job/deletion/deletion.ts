import type { EventIntent } from "../model/decision.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import type { Explanation } from "../status/decisionRecord.ts";

/** One reconcile of a deletion: the first step with an outcome. The start of the deletion is reported once. */
export function decideDeletionBy(
  steps: readonly Step[],
  explain: (situation: Situation) => Explanation,
  before: Situation,
): Outcome {
  const begun = before.status.lifecycleState === "DELETING";
  const situation: Situation = { ...before, status: { ...before.status, lifecycleState: "DELETING" } };
  const outcome = steps.map((step) => step(situation)).find((answer) => answer !== undefined) ?? {};
  return {
    status: situation.status,
    ...outcome,
    events: [...(begun ? [] : [cleaningUp(situation)]), ...(outcome.events ?? [])],
    ...(begun ? {} : { explanation: explain(situation) }),
  };
}

const cleaningUp = ({ kind }: Situation): EventIntent => ({
  type: "Normal",
  reason: "Cleanup",
  component: "Operator",
  message: `Cleaning up ${kind.type.kind}`,
});
