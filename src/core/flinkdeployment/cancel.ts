import { hasHaMetadata } from "./facts.ts";
import { upgradeFailure } from "./failure.ts";
import { checkpointsKnown, checkpointsOf, isTerminal, jobOf, newestSnapshot } from "./observeJob.ts";
import type { Situation, Step } from "./situation.ts";
import { launchIntended, suspended, withJob } from "./status.ts";

/** A cancel whose intent is written: ask for it (again), wait for the end, take the newest checkpoint. */
export const cancelInProgress: Step = (situation) => {
  const { status, deployed, facts } = situation;
  const running = deployed?.spec.job?.state !== "suspended";
  if (status.reconciliationStatus?.state !== "UPGRADING" || !running) return undefined;
  const jobId = status.jobStatus?.jobId;
  if (isTerminal(status.jobStatus?.state)) return ended(situation);
  const job = status.jobManagerDeploymentStatus === "READY" ? jobOf(facts, jobId) : undefined;
  if (job === undefined || jobId === undefined) return lost(situation);
  return job.state === "CANCELLING" ? {} : { actions: [{ kind: "cancel", jobId }] };
};

function ended(situation: Situation) {
  const { status, facts, spec } = situation;
  const jobId = status.jobStatus?.jobId;
  if (!checkpointsKnown(facts, jobId)) return {};
  const newest = newestSnapshot(checkpointsOf(facts, jobId));
  const job = { upgradeSavepointPath: newest?.externalPath };
  return spec.job?.state === "suspended"
    ? { status: suspended(situation, "savepoint", job) }
    : { status: launchIntended(situation, "savepoint", job), requeueAfterMs: 0 };
}

/** The JobManager went away before it told how the cancel ended. */
function lost(situation: Situation) {
  const { status, facts, settings, nextSettings } = situation;
  if (status.jobManagerDeploymentStatus !== "MISSING") return {};
  const ha = settings.highAvailability && nextSettings.highAvailability && hasHaMetadata(facts.haConfigMaps);
  if (ha) return { status: withJob(launchIntended(situation, "last-state"), {}), requeueAfterMs: 0 };
  return upgradeFailure(
    situation,
    "UpgradeFailed",
    "JobManager deployment is missing and HA metadata is not available: it went away while the job was being " +
      "cancelled, so its last checkpoint is unknown. Manual restore required.",
  );
}
