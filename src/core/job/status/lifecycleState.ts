import type { LifecycleState } from "../../../api/v1beta1/flinkdeployment.ts";
import { readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";

/** Phrases in status.error that require a manual action (REFERENCE 1.2). Tools and the Java operator match them. */
export const terminalPhrases = [
  "Manual restore required.",
  "It is possible that the job has finished or terminally failed, or the configmaps have been deleted.",
  "HA metadata is not available",
] as const;

/** The lifecycle state that the rest of the status implies, in the reference's order of evaluation (REFERENCE 1.2). */
export function lifecycleState(status: FlinkResourceStatus): LifecycleState {
  const { lifecycleState: stored, reconciliationStatus: reconciliation } = status;
  if (stored === "DELETING" || stored === "DELETED") return stored;
  const deployed = readLastReconciledSpec(reconciliation?.lastReconciledSpec);
  if (deployed === undefined) return status.error === undefined ? "CREATED" : "FAILED";
  if (reconciliation?.state === "UPGRADING") return "UPGRADING";
  if (reconciliation?.state === "ROLLING_BACK") return "ROLLING_BACK";
  if (deployed.spec.job?.state === "suspended") return "SUSPENDED";
  if (status.jobStatus?.state === "FAILED" || needsManualAction(status)) return "FAILED";
  if (reconciliation?.state === "ROLLED_BACK") return "ROLLED_BACK";
  return reconciliation?.lastReconciledSpec === reconciliation?.lastStableSpec ? "STABLE" : "DEPLOYED";
}

function needsManualAction(status: FlinkResourceStatus): boolean {
  const jobManager = status.jobManagerDeploymentStatus;
  if (jobManager !== "MISSING" && jobManager !== "ERROR") return false;
  return terminalPhrases.some((phrase) => status.error?.includes(phrase));
}
