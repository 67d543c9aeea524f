import { jobManagerName, taskManagerName } from "../../../api/v1beta1/names.ts";
import { errorTypes } from "../../statusError.ts";
import type { Action } from "../model/decision.ts";
import type { Facts } from "../model/facts.ts";
import type { Outcome, Situation } from "../model/situation.ts";
import { report } from "../status/failure.ts";

/**
 * The Deployment to delete next when a cluster is taken down; undefined while one is being deleted and if none is
 * left. The JobManager is deleted before the TaskManagers of a standalone cluster: without TaskManagers it might fail
 * its job for good and discard the state.
 */
export function nextToDelete({ facts, resource }: Pick<Situation, "facts" | "resource">): Action | undefined {
  const { jobManager, jobManagerPods, taskManagers } = facts;
  const name = facts.clusterId ?? resource.metadata.name;
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

/** The remaining objects of a cluster that is being taken down, in words; undefined if there are none. */
export function remainingObjects(facts: Facts): string | undefined {
  const pods = [...facts.jobManagerPods, ...facts.taskManagerPods].map(({ name }) => name).sort();
  const words = [
    ...(facts.jobManager === undefined ? [] : ["the JobManager's Deployment"]),
    ...(facts.taskManagers === undefined ? [] : ["the TaskManagers' Deployment"]),
    ...(pods.length === 0 ? [] : [`the pods ${pods.join(", ")}`]),
  ];
  return words.length === 0 ? undefined : words.join(" and ");
}

/** Waits until the remaining objects are deleted. Reports them if that exceeds the timeout (invariant 5). */
export function awaitDeletion(
  { status, settings, now }: Situation,
  remaining: string,
  since: number,
  hint = "",
): Outcome {
  const waitsFor = `${remaining} to go`;
  if (!(now - since >= settings.cleanupTimeoutMs)) return { waitsFor };
  const message =
    `The old cluster is still there after ${settings.cleanupTimeoutMs / 1000} s: waiting for ${remaining} to go. ` +
    `A pod of a node that is lost goes with: kubectl delete pod NAME --force. ${hint}`;
  return { waitsFor, ...report(status, errorTypes.reconciliation, "CleanupFailed", message.trim()) };
}
