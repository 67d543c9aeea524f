import { errorTypes } from "../statusError.ts";
import type { Facts } from "./facts.ts";
import { report } from "./failure.ts";
import type { Outcome, Situation } from "./situation.ts";

/** What is left of a cluster that was taken down, in words; undefined once it is gone. */
export function leftoversOf({ jobManager, jobManagerPods, taskManagerPods }: Facts): string | undefined {
  const pods = [...jobManagerPods, ...taskManagerPods].map(({ name }) => name).sort();
  const words = [
    ...(jobManager === undefined ? [] : ["the JobManager's Deployment"]),
    ...(pods.length === 0 ? [] : [`the pods ${pods.join(", ")}`]),
  ];
  return words.length === 0 ? undefined : words.join(" and ");
}

/** Waits for what is left to go; what takes longer than it should is named (invariant 5). */
export function awaitGone(
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
