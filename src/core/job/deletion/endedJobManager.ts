import type { EventIntent } from "../model/decision.ts";
import type { Situation, Step } from "../model/situation.ts";
import { isAbsent, isTerminal } from "../observe/observeJob.ts";
import { factsMissing } from "../observe/pollPlan.ts";
import { LAST_STATE_DUMMY_PATH } from "../status/status.ts";
import { nextToDelete } from "./remainingObjects.ts";

/**
 * The JobManager of a job that has ended stays for a while for inspection (REFERENCE 1.9). By then the status
 * contains everything that a later start needs from it. HA metadata is kept.
 */
export const endedJobManager: Step = (situation) => {
  const remaining = untilShutdown(situation);
  const next = nextToDelete(situation);
  if (remaining === undefined || remaining > 0 || next === undefined) return undefined;
  return { actions: [next], events: situation.facts.jobManager === undefined ? [] : [shuttingDown] };
};

/** Milliseconds until the cluster is deleted; undefined if it stays. */
export function untilShutdown(situation: Situation): number | undefined {
  const { status, deployed, settings, now } = situation;
  const { state, updateTime } = status.jobStatus ?? {};
  if (status.reconciliationStatus?.state !== "DEPLOYED" || !isTerminal(state)) return undefined;
  if (situation.facts.session !== undefined || nextToDelete(situation) === undefined) return undefined;
  if (mayStillReport(situation)) return undefined;
  const suspendedAt = status.reconciliationStatus.reconciliationTimestamp;
  const endedAt = deployed?.spec.job?.state === "suspended" ? suspendedAt : Number(updateTime);
  const dueAt = (endedAt ?? Number.NaN) + settings.jobManagerShutdownTtlMs;
  return Number.isNaN(dueAt) ? undefined : Math.max(0, dueAt - now);
}

/** Only this JobManager knows where the job's last snapshot is and why the job failed. */
function mayStillReport({ status, facts }: Situation): boolean {
  const { jobId, upgradeSavepointPath } = status.jobStatus ?? {};
  const knowsJob = status.jobManagerDeploymentStatus === "READY" && !isAbsent(facts, jobId);
  return knowsJob ? factsMissing(status, facts) : upgradeSavepointPath === LAST_STATE_DUMMY_PATH;
}

const shuttingDown: EventIntent = {
  type: "Normal",
  reason: "JobManagerShutdown",
  component: "JobManagerDeployment",
  message:
    "The job has ended and kubernetes.operator.jm-deployment.shutdown-ttl has passed: removing its JobManager",
};
