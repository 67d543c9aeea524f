import type { JobOverview } from "../../../api/flinkFacts.ts";
import type { Action } from "../model/decision.ts";
import type { Situation } from "../model/situation.ts";

/**
 * The cancel of a job that does not end yet. Not where the overview that says so is older than the last cancel, or than
 * the end of its stop with savepoint: the job may have ended since, and Flink logs the cancel of such a job as an error.
 */
export function cancelOnce(situation: Situation, { id, state }: JobOverview): Action[] {
  const { flink, requests } = situation.facts;
  const cancelledAt = requests?.cancelled?.jobId === id ? requests.cancelled.at : -1;
  const isOld = (flink?.jobsAt ?? 0) <= Math.max(cancelledAt, stoppedAt(situation));
  return state === "CANCELLING" || isOld ? [] : [{ kind: "cancel", jobId: id }];
}

/**
 * When it was recorded that the job has come to its stop, in milliseconds since the epoch; -1: it was not to. A stateless
 * launch is recorded before its predecessor is cancelled.
 */
function stoppedAt({ deployed, status }: Situation): number {
  const { state, reconciliationTimestamp = 0 } = status.reconciliationStatus ?? {};
  if (deployed?.spec.job?.state !== "suspended") return -1;
  const isToCancel = state === "UPGRADING" && deployed.spec.job.upgradeMode === "stateless";
  return isToCancel ? -1 : reconciliationTimestamp;
}
