import type { JobOverview } from "../../../api/flinkFacts.ts";
import type { Action } from "../model/decision.ts";
import type { Situation } from "../model/situation.ts";

/**
 * The cancel of a job that still runs. None if the overview is older than the last cancel, or than the end of the stop with
 * savepoint: the job may have ended since, and Flink logs an error if an ended job is cancelled.
 */
export function cancelOnce(situation: Situation, { id, state }: JobOverview): Action[] {
  const { flink, requests } = situation.facts;
  const cancelledAt = requests?.cancelled?.jobId === id ? requests.cancelled.at : -1;
  const isOld = (flink?.jobsAt ?? 0) <= Math.max(cancelledAt, stoppedAt(situation));
  return state === "CANCELLING" || isOld ? [] : [{ kind: "cancel", jobId: id }];
}

/**
 * The time at which the stop of the job was recorded, in milliseconds since the epoch; -1 if there was none. A stateless
 * launch is recorded before the previous job is cancelled.
 */
function stoppedAt({ deployed, status }: Situation): number {
  const { state, reconciliationTimestamp = 0 } = status.reconciliationStatus ?? {};
  if (deployed?.spec.job?.state !== "suspended") return -1;
  const isToCancel = state === "UPGRADING" && deployed.spec.job.upgradeMode === "stateless";
  return isToCancel ? -1 : reconciliationTimestamp;
}
