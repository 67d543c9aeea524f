import type { UpgradeMode } from "../../../api/v1beta1/common.ts";
import type { EventIntent } from "../model/decision.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { isTerminal, jobOf } from "../observe/observeJob.ts";
import { obstacleToResume, sameHaLocation } from "../restore/unreadableHaMetadata.ts";
import { upgradeFailure } from "../status/failure.ts";
import { isStateless, LAST_STATE_DUMMY_PATH, launchIntended, suspended } from "../status/status.ts";
import { specChanged } from "../upgrade/specChangedEvent.ts";
import { cancelOnce } from "./cancelOnce.ts";

/** A suspended resource: resumed, or its edits recorded. */
export const suspendedResource: Step = (situation) => {
  const { deployed, spec, diff } = situation;
  if (deployed?.spec.job?.state !== "suspended") return undefined;
  if (stillRuns(situation)) return stopAgain(situation);
  if (spec.job?.state !== "suspended") return resume(situation);
  const mode = deployed.spec.job.upgradeMode ?? "stateless";
  if (diff?.type === "IGNORE") return undefined;
  // The end of its job stays in the status: a job that was cancelled by someone else is resumed according to it.
  return {
    events: [specChanged(situation)],
    status: suspended(situation, mode, { state: situation.status.jobStatus?.state }),
  };
};

/** A JobManager without HA that is restarted after its job was stopped also restarts the job, from old state. */
function stillRuns({ facts, status, spec }: Situation): boolean {
  if (spec.job?.state !== "suspended" || facts.jobManager?.deleting !== false) return false;
  const job = jobOf(facts, status.jobStatus?.jobId);
  const suspendedAt = status.reconciliationStatus?.reconciliationTimestamp ?? 0;
  const isLater = (facts.flink?.jobsAt ?? 0) - suspendedAt > OVERVIEW_DELAY_MS;
  return isLater && facts.flink?.reachability === "ok" && job !== undefined && !isTerminal(job.state);
}

/** An overview requested this long after the suspension does not show the job's last moments any more. */
const OVERVIEW_DELAY_MS = 30_000;

function stopAgain(situation: Situation): Outcome {
  const { resource, facts, status } = situation;
  const uid = facts.jobManager?.uid ?? "";
  const job = jobOf(facts, status.jobStatus?.jobId);
  const cancels = job === undefined ? [] : cancelOnce(situation, job);
  // A session cluster stays, because it runs other jobs.
  return facts.session === undefined
    ? {
        actions: [{ kind: "delete-deployment", name: facts.clusterId ?? resource.metadata.name, uid }],
        events: [suspending],
      }
    : { actions: cancels, events: cancels.length === 0 ? [] : [suspending] };
}

function resume(situation: Situation): Outcome {
  const mode = resumeMode(situation);
  if (mode === "last-state" && !sameHaLocation(situation)) {
    return upgradeFailure(
      situation,
      "RestoreFailed",
      "The job was suspended by last-state, so its state is in HA metadata: to resume it, the spec needs " +
        "high-availability.type as it was.",
    );
  }
  const obstacle = mode === "last-state" ? obstacleToResume(situation) : undefined;
  if (obstacle !== undefined) return upgradeFailure(situation, "RestoreFailed", obstacle);
  return {
    events: [specChanged(situation)],
    status: launchIntended(situation, mode),
    explanation: {
      act: "Resume",
      reason: "The spec asks the suspended job to run.",
      facts: situation.diff === undefined ? [] : [situation.diff.text],
    },
    requeueAfterMs: 0,
  };
}

/** As it was suspended, unless the spec discards the state. */
function resumeMode({ spec, deployed, status }: Situation): UpgradeMode {
  if (isStateless(spec)) return "stateless";
  const mode = deployed?.spec.job?.upgradeMode ?? "stateless";
  const path = status.jobStatus?.upgradeSavepointPath;
  // The Java operator records a job that a user cancelled as suspended, with the mode of its last launch.
  const cancelled = status.jobStatus?.state === "CANCELED" && path !== undefined;
  return mode === "stateless" && cancelled && path !== LAST_STATE_DUMMY_PATH ? "savepoint" : mode;
}

export const suspending: EventIntent = {
  type: "Normal",
  reason: "Suspended",
  component: "JobManagerDeployment",
  message: "Suspending existing deployment.",
};
