import type { PendingChange } from "../../api/v1beta1/commonStatus.ts";
import type { Input } from "../job/decide.ts";
import { boundedList, boundedText } from "../job/disruption/changedFields.ts";
import type { Decision } from "../job/model/decision.ts";
import type { ResourceKind } from "../job/model/resourceKind.ts";
import type { Decide, Start } from "./foresee.ts";
import { planOf } from "./plan.ts";

/** The decision of a kind, with the plan of a change that begins to wait. */
export const decideWithPlan =
  (kind: ResourceKind, decide: (input: Input) => Decision) =>
  (input: Input): Decision => {
    const decideLater: Decide = (resource, facts, now, disruptionAllowed) =>
      decide({ ...input, resource, facts, now, disruptionAllowed });
    return withPlanOfPendingChange({ ...input, kind, decide: decideLater }, decide(input));
  };

/**
 * Adds to a change that begins to wait what it would do: once for each change, as soon as the JobManager is ready and Flink has
 * answered, so that a resource that waits costs no more than any other.
 */
export function withPlanOfPendingChange(start: Start, decision: Decision): Decision {
  const pending = decision.status.pendingChange;
  if (pending === undefined || isFinal(pending) || isUnanswered(start, decision)) return decision;
  const planned = { ...pending, ...plannedFields(start) };
  return { ...decision, status: { ...decision.status, pendingChange: planned } };
}

/** A plan without any step is that of a moment in which something else was in the way. */
const isFinal = ({ effect, steps = [] }: PendingChange): boolean =>
  effect !== undefined && (effect !== "waits" || steps.length > 0);

/**
 * The operator has just begun, or the JobManager has, or is lost: the facts are still to come, and each of them is
 * reconciled.
 */
function isUnanswered({ facts: { flink } }: Start, { status }: Decision): boolean {
  if (status.jobManagerDeploymentStatus !== "READY") return true;
  const isRunning = status.jobStatus?.state === "RUNNING";
  return flink?.reachability !== "ok" || (isRunning && flink.checkpoints === undefined);
}

function plannedFields(start: Start): Partial<PendingChange> {
  const { effect, steps, restore, lastDowntimeMs } = planOf(start);
  const texts = steps.map(({ what, of }) => (of === undefined ? what : `${what} ${of}`));
  return {
    effect,
    steps: boundedList(texts),
    ...(restore === undefined ? {} : { restoresFrom: boundedText(restore.from) }),
    ...(lastDowntimeMs === undefined ? {} : { downtimeMs: lastDowntimeMs }),
  };
}
