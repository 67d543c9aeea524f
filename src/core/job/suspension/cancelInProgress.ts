import type { UpgradeMode } from "../../../api/v1beta1/flinkdeployment.ts";
import { hasHaMetadata } from "../model/facts.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { isAbsent, isTerminal, jobOf } from "../observe/observeJob.ts";
import { manualRestore, newestState } from "../restore/restoreGuard.ts";
import {
  isStateless,
  LAST_STATE_DUMMY_PATH,
  launchIntended,
  relaunchIntended,
  stoppedForSuspension,
  withJob,
} from "../status/status.ts";
import { stopOfOthers } from "./actsOfOthers.ts";
import { cancelOnce } from "./cancelOnce.ts";

/** A cancel whose intent is written: requests it (again), waits for the end, takes the newest checkpoint. */
export const cancelInProgress: Step = (situation) => {
  const { status, deployed, facts, spec } = situation;
  const running = deployed?.spec.job?.state !== "suspended";
  if (status.reconciliationStatus?.state !== "UPGRADING" || !running) return undefined;
  const jobId = status.jobStatus?.jobId;
  if (isTerminal(status.jobStatus?.state)) return ended(situation);
  if (isLost(situation)) return lost(situation);
  const job = status.jobManagerDeploymentStatus === "READY" ? jobOf(facts, jobId) : undefined;
  if (job === undefined) return {};
  // If it has ended, its last checkpoint is not reported yet.
  if (job.state === "CANCELLING" || isTerminal(job.state)) return {};
  return (isStateless(spec) ? undefined : stopOfOthers(situation)) ?? { actions: cancelOnce(situation, job) };
};

/** When the job ended, observe has recorded its newest checkpoint, unless a newer one is remembered. */
function ended(situation: Situation): Outcome {
  const { status, spec } = situation;
  if (isStateless(spec)) return launchAfterCancel(situation, "stateless");
  const newest = newestState(situation);
  switch (newest.kind) {
    case "wait":
      return {};
    case "lost":
      return manualRestore(situation, "UpgradeFailed", newest.why);
    case "remembered":
      return launchAfterCancel(
        { ...situation, status: withJob(status, { upgradeSavepointPath: newest.path }) },
        "savepoint",
      );
    case "own":
      return status.jobStatus?.upgradeSavepointPath === LAST_STATE_DUMMY_PATH
        ? manualRestore(
            situation,
            "UpgradeFailed",
            "The job was cancelled, but its last checkpoint is unknown.",
          )
        : launchAfterCancel(situation, "savepoint");
  }
}

const launchAfterCancel = (situation: Situation, mode: UpgradeMode): Outcome =>
  situation.spec.job?.state === "suspended"
    ? stoppedForSuspension(situation)
    : { status: launchIntended(situation, mode), requeueAfterMs: 0 };

/** The JobManager was lost, or forgot the job, before it reported how the cancel ended. */
function isLost({ status, facts }: Situation): boolean {
  const jobManager = status.jobManagerDeploymentStatus;
  if (jobManager === "MISSING" || jobManager === "ERROR") return true;
  return jobManager === "READY" && isAbsent(facts, status.jobStatus?.jobId);
}

function lost(situation: Situation): Outcome {
  const { facts, settings, status } = situation;
  if (settings.unreadableHa !== undefined && status.jobManagerDeploymentStatus === "READY")
    return forgotten(situation);
  const inHa = hasHaMetadata(facts.haConfigMaps) || settings.unreadableHa !== undefined;
  if (settings.highAvailability && inHa) {
    return { status: relaunchIntended(situation, "last-state"), requeueAfterMs: 0 };
  }
  return manualRestore(
    situation,
    "UpgradeFailed",
    "JobManager deployment is missing and HA metadata is not available: it went away while the job was being " +
      "cancelled, so its last checkpoint is unknown.",
  );
}

/** How long a JobManager may take to recover its job. */
const RECOVERY_TIMEOUT_MS = 60_000;

/**
 * Only Flink can read its HA metadata: a JobManager that was started again recovers the job, to be cancelled once more, or
 * there is nothing to recover. Then the job has ended, and what was last known of it need not be its newest checkpoint.
 */
function forgotten(situation: Situation): Outcome {
  const { facts, now } = situation;
  const startedAt = Math.max(0, ...facts.jobManagerPods.map(({ runningSince = 0 }) => runningSince));
  if (now - startedAt < RECOVERY_TIMEOUT_MS)
    return { waitsFor: "the JobManager to recover the job", requeueAfterMs: 1_000 };
  return manualRestore(
    situation,
    "UpgradeFailed",
    "The JobManager was started again while the job was being cancelled, and has no job since: the job has ended, and nobody " +
      "tells its newest checkpoint.",
  );
}
