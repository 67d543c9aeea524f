import type { Action, EventIntent } from "./decision.ts";
import type { Facts } from "./facts.ts";
import { awaitGone, leftoversOf } from "./leftovers.ts";
import { isTerminal, jobOf } from "./observeJob.ts";
import type { Outcome, Situation } from "./situation.ts";

/** How long a running job may take to cancel before its cluster is taken down all the same. */
const CANCEL_PATIENCE_MS = 10_000;

/** Takes everything down, in an order in which nothing can come back, and lets the resource go. */
export function decideDeletion(situation: Situation): Outcome {
  const { resource, status, facts } = situation;
  const begun = status.lifecycleState === "DELETING";
  const events = begun ? [] : [cleaningUp];
  const deleting = { ...status, lifecycleState: "DELETING" as const };
  const old = facts.jobManager;
  const job = jobToCancel(situation);
  if (job !== undefined) {
    const actions: Action[] = job.state === "CANCELLING" ? [] : [{ kind: "cancel", jobId: job.id }];
    return { actions, events, status: deleting, requeueAfterMs: 1_000 };
  }
  if (old !== undefined && !old.deleting) {
    const name = resource.metadata.name;
    return { actions: [{ kind: "delete-deployment", name, uid: old.uid }], events, status: deleting };
  }
  const leftovers = leftoversOf(waitsFor(situation));
  if (leftovers !== undefined) {
    const since = Date.parse(resource.metadata.deletionTimestamp ?? "");
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

function jobToCancel({ resource, status, facts, now }: Situation) {
  const job = jobOf(facts, status.jobStatus?.jobId);
  if (facts.jobManager?.deleting || facts.flink?.reachability !== "ok") return undefined;
  if (job === undefined || isTerminal(job.state)) return undefined;
  const since = Date.parse(resource.metadata.deletionTimestamp ?? "");
  return now - since < CANCEL_PATIENCE_MS ? job : undefined;
}

const cleaningUp: EventIntent = {
  type: "Normal",
  reason: "Cleanup",
  component: "Operator",
  message: "Cleaning up FlinkDeployment",
};
