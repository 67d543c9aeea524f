import { cancelFirst } from "./cancelFirst.ts";
import type { EventIntent } from "./decision.ts";
import type { Facts } from "./facts.ts";
import { awaitGone, leftoversOf } from "./leftovers.ts";
import type { Outcome, Situation } from "./situation.ts";

/** Takes everything down, in an order in which nothing can come back, and lets the resource go. */
export function decideDeletion(situation: Situation): Outcome {
  const { resource, status, facts } = situation;
  const begun = status.lifecycleState === "DELETING";
  const events = begun ? [] : [cleaningUp];
  const deleting = { ...status, lifecycleState: "DELETING" as const };
  const old = facts.jobManager;
  const since = Date.parse(resource.metadata.deletionTimestamp ?? "");
  const cancelling = facts.jobManager?.deleting ? undefined : cancelFirst(situation, since);
  if (cancelling !== undefined) return { ...cancelling, events, status: deleting };
  if (old !== undefined && !old.deleting) {
    const name = resource.metadata.name;
    return { actions: [{ kind: "delete-deployment", name, uid: old.uid }], events, status: deleting };
  }
  const leftovers = leftoversOf(waitsFor(situation));
  if (leftovers !== undefined) {
    const waiting = awaitGone({ ...situation, status: deleting }, leftovers, since);
    return { events: [...events, ...(waiting.events ?? [])], status: waiting.status ?? deleting };
  }
  return {
    actions: [
      { kind: "delete-config-maps", clusterId: resource.metadata.name, all: true },
      { kind: "remove-finalizer" },
    ],
    events,
    status: deleting,
  };
}

/** The TaskManagers of a standalone cluster go with the resource itself, which owns their Deployment. */
const waitsFor = ({ facts, deployed }: Situation): Facts =>
  deployed?.spec.mode === "standalone" ? { ...facts, taskManagerPods: [] } : facts;

const cleaningUp: EventIntent = {
  type: "Normal",
  reason: "Cleanup",
  component: "Operator",
  message: "Cleaning up FlinkDeployment",
};
