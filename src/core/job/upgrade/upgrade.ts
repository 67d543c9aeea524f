import type { FlinkDeploymentStatus, UpgradeMode } from "../../../api/v1beta1/flinkdeployment.ts";
import { formatLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { dryRun } from "../launch/dryRun.ts";
import type { Action, EventIntent } from "../model/decision.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { isTerminal, jobOf } from "../observe/observeJob.ts";
import { keepsHaPlace, obstacleToResume, refuseRedeployment } from "../restore/unreadableHaMetadata.ts";
import { EMPTY_STATE, type Explanation } from "../status/decisionRecord.ts";
import { upgradeFailure } from "../status/failure.ts";
import {
  isStandalone,
  isStateless,
  LAST_STATE_DUMMY_PATH,
  launchIntended,
  suspended,
  withJob,
} from "../status/status.ts";
import { beginStop } from "../suspension/beginStop.ts";
import { decideSuspendMode } from "../suspension/suspendMode.ts";
import { explainUpgrade, type TakeDown } from "./explainUpgrade.ts";
import { specChanged } from "./specChangedEvent.ts";

/** A new savepointRedeployNonce: give the present state up and start from initialSavepointPath. */
export const redeploy: Step = (situation) => {
  const { diff, spec } = situation;
  if (diff?.type !== "SAVEPOINT_REDEPLOY") return undefined;
  const refused = refuseRedeployment(situation);
  if (refused !== undefined) return refused;
  return {
    actions: dryRun(situation),
    events: [specChanged(situation), suspending],
    status: withStateGivenUp(situation, spec.job?.initialSavepointPath),
    explanation: {
      act: "Redeploy",
      reason:
        "A new savepointRedeployNonce asks to give up the present state and to start from initialSavepointPath.",
      facts: [diff.text],
      restoresFrom: spec.job?.initialSavepointPath ?? EMPTY_STATE,
    },
    requeueAfterMs: 0,
  };
};

/** Without a start of the run, nothing that was taken before is held against the path. */
const withStateGivenUp = (situation: Situation, path: string | undefined): FlinkDeploymentStatus => ({
  ...launchIntended(situation, "savepoint", { upgradeSavepointPath: path, startTime: undefined }),
  newestSnapshot: undefined,
});

/** A suspended resource: resumed, or its edits recorded. */
export const suspendedResource: Step = (situation) => {
  const { deployed, spec, diff } = situation;
  if (deployed?.spec.job?.state !== "suspended") return undefined;
  if (runsNonetheless(situation)) return takeDownAgain(situation);
  if (spec.job?.state !== "suspended") return resume(situation);
  const mode = deployed.spec.job.upgradeMode ?? "stateless";
  if (diff?.type === "IGNORE") return undefined;
  // How its job ended stays: it tells what a job that somebody cancelled is resumed from.
  return {
    events: [specChanged(situation)],
    status: suspended(situation, mode, { state: situation.status.jobStatus?.state }),
  };
};

/** A JobManager without HA that is started anew after its job was stopped starts the job anew too, from old state. */
function runsNonetheless({ facts, status, spec }: Situation): boolean {
  if (spec.job?.state !== "suspended" || facts.jobManager?.deleting !== false) return false;
  const job = jobOf(facts, status.jobStatus?.jobId);
  const suspendedAt = status.reconciliationStatus?.reconciliationTimestamp ?? 0;
  const isLater = (facts.flink?.jobsAt ?? 0) - suspendedAt > CALM_MS;
  return isLater && facts.flink?.reachability === "ok" && job !== undefined && !isTerminal(job.state);
}

/** What an overview says that was sent so long after the suspension is not about its last moments. */
const CALM_MS = 30_000;

function takeDownAgain({ resource, facts, status }: Situation): Outcome {
  const uid = facts.jobManager?.uid ?? "";
  const { jobId = "" } = status.jobStatus ?? {};
  return {
    // A session cluster stays: it has other jobs.
    actions: [
      facts.session === undefined
        ? { kind: "delete-deployment", name: resource.metadata.name, uid }
        : { kind: "cancel", jobId },
    ],
    events: [suspending],
  };
}

function resume(situation: Situation): Outcome {
  const mode = resumeMode(situation);
  if (mode === "last-state" && !keepsHaPlace(situation)) {
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

/** As it was suspended, unless the spec gives the state up. */
function resumeMode({ spec, deployed, status }: Situation): UpgradeMode {
  if (isStateless(spec)) return "stateless";
  const mode = deployed?.spec.job?.upgradeMode ?? "stateless";
  const path = status.jobStatus?.upgradeSavepointPath;
  // The Java operator records a job that a user cancelled as suspended, with the mode of its last launch.
  const cancelled = status.jobStatus?.state === "CANCELED" && path !== undefined;
  return mode === "stateless" && cancelled && path !== LAST_STATE_DUMMY_PATH ? "savepoint" : mode;
}

/** The running job's spec changed in a way that needs a restart (or its suspension). */
export const upgrade: Step = (situation) => {
  const { diff } = situation;
  if (diff === undefined || diff.type === "IGNORE") return undefined;
  const mode = decideSuspendMode(situation);
  if (mode.kind === "wait") return { waitsFor: mode.why, othersMayAct: true };
  if (mode.kind === "fail") return upgradeFailure(situation, "UpgradeFailed", mode.message);
  return takeDown(situation, mode);
};

export function takeDown(
  situation: Situation,
  mode: TakeDown,
  explanation: Explanation = explainUpgrade(situation, mode),
  events: readonly EventIntent[] = [specChanged(situation)],
): Outcome {
  const toSuspend = situation.spec.job?.state === "suspended";
  // Invariant 3: nothing of the running job is touched before its successor passed.
  const actions: readonly Action[] = toSuspend ? [] : dryRun(situation);
  const begun: Outcome = {
    actions,
    events: [...events, suspending],
    explanation,
    requeueAfterMs: 0,
  };
  switch (mode.kind) {
    case "none":
      return toSuspend && leavesNothing(situation)
        ? { ...begun, actions: [], status: suspended(situation, mode.restore) }
        : { ...begun, events, status: launchIntended(situation, mode.restore) };
    case "known":
      return {
        ...begun,
        status: launchIntended(situation, "savepoint", { upgradeSavepointPath: mode.path }),
      };
    case "stateless":
    case "last-state":
      return { ...begun, status: launchIntended(situation, mode.kind) };
    case "savepoint": {
      const stop = beginStop(situation);
      return stop.status === undefined ? stop : { ...begun, ...stop };
    }
    case "cancel":
      return { ...begun, status: cancelIntended(situation) };
  }
}

/**
 * Suspended as it is: the JobManager of a job that has ended is kept to be looked at; one in trouble goes, and so does
 * a standalone cluster.
 */
function leavesNothing({ status, spec }: Situation): boolean {
  if (isStandalone(spec)) return false;
  const jobManager = status.jobManagerDeploymentStatus;
  return jobManager === "READY" || jobManager === "MISSING";
}

/** As the reference records it: the old spec, running, to be restored from a path that is not known yet. */
export function cancelIntended({ status, deployed, generation, kind }: Situation) {
  if (deployed === undefined) return status;
  const spec = { ...deployed.spec, job: { ...deployed.spec.job, upgradeMode: "savepoint" as const } };
  return {
    ...withJob(status, { state: "CANCELLING" as const }),
    error: undefined,
    observedGeneration: generation,
    reconciliationStatus: {
      ...status.reconciliationStatus,
      lastReconciledSpec: formatLastReconciledSpec(spec, { firstDeployment: false }, kind.spec),
      state: "UPGRADING" as const,
    },
  };
}

const suspending: EventIntent = {
  type: "Normal",
  reason: "Suspended",
  component: "JobManagerDeployment",
  message: "Suspending existing deployment.",
};
