import { jobManagerName, taskManagerName } from "../../../api/v1beta1/names.ts";
import { errorTypes } from "../../statusError.ts";
import type { Action } from "../model/decision.ts";
import type { Facts } from "../model/facts.ts";
import type { Outcome, Situation } from "../model/situation.ts";
import { report } from "../status/failure.ts";

/**
 * The Deployment to delete next of a cluster that goes; undefined while one is on its way out, and where none is left.
 * The JobManager is gone before the TaskManagers of a standalone cluster go: without them it might let its job fail for
 * good, and throw its state away.
 */
export function nextToDelete({ facts, resource }: Pick<Situation, "facts" | "resource">): Action | undefined {
  const { jobManager, jobManagerPods, taskManagers } = facts;
  const { name } = resource.metadata;
  if (jobManager !== undefined)
    return jobManager.deleting ? undefined : deletionOf(jobManagerName(name), jobManager);
  if (taskManagers === undefined || taskManagers.deleting || jobManagerPods.length > 0) return undefined;
  return deletionOf(taskManagerName(name), taskManagers);
}

const deletionOf = (name: string, { uid }: { readonly uid: string }): Action => ({
  kind: "delete-deployment",
  name,
  uid,
});

/** What is left of a cluster that was taken down, in words; undefined once it is gone. */
export function remainingObjects(facts: Facts): string | undefined {
  const pods = [...facts.jobManagerPods, ...facts.taskManagerPods].map(({ name }) => name).sort();
  const words = [
    ...(facts.jobManager === undefined ? [] : ["the JobManager's Deployment"]),
    ...(facts.taskManagers === undefined ? [] : ["the TaskManagers' Deployment"]),
    ...(pods.length === 0 ? [] : [`the pods ${pods.join(", ")}`]),
  ];
  return words.length === 0 ? undefined : words.join(" and ");
}

/** Waits for what is left to go; what takes longer than it should is named (invariant 5). */
export function awaitDeletion(
  { status, settings, now }: Situation,
  leftovers: string,
  since: number,
  hint = "",
): Outcome {
  const waitsFor = `${leftovers} to go`;
  if (!(now - since >= settings.cleanupTimeoutMs)) return { waitsFor };
  const message =
    `The old cluster is still there after ${settings.cleanupTimeoutMs / 1000} s: waiting for ${leftovers} to go. ` +
    `A pod of a node that is lost goes with: kubectl delete pod NAME --force. ${hint}`;
  return { waitsFor, ...report(status, errorTypes.reconciliation, "CleanupFailed", message.trim()) };
}
