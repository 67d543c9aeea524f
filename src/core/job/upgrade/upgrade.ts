import { formatLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { dryRun } from "../launch/dryRun.ts";
import type { Action, EventIntent } from "../model/decision.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { withStateSpent } from "../restore/runState.ts";
import type { Explanation } from "../status/decisionRecord.ts";
import { upgradeFailure } from "../status/failure.ts";
import { isStandalone, launchIntended, suspended, withJob } from "../status/status.ts";
import { awaitOthers } from "../suspension/actsOfOthers.ts";
import { beginStop } from "../suspension/beginStop.ts";
import { suspending } from "../suspension/suspendedResource.ts";
import { decideSuspendMode } from "../suspension/suspendMode.ts";
import { explainUpgrade, type TakeDown, whyUpgraded } from "./explainUpgrade.ts";
import { specChanged } from "./specChangedEvent.ts";

/** The running job's spec changed in a way that needs a restart (or its suspension). */
export const upgrade: Step = (situation) => {
  const { diff } = situation;
  if (diff === undefined || diff.type === "IGNORE") return undefined;
  const mode = decideSuspendMode(situation);
  if (mode.kind === "wait") return { waitsFor: mode.why, othersMayAct: true };
  if (mode.kind === "fail") return upgradeFailure(situation, "UpgradeFailed", mode.message);
  return awaitOthers(situation, mode) ?? takeDown(situation, mode);
};

export function takeDown(
  situation: Situation,
  mode: TakeDown,
  explanation: Explanation = explainUpgrade(situation, mode),
  events: readonly EventIntent[] = [specChanged(situation), ...notInPlace(situation)],
): Outcome {
  const toSuspend = situation.spec.job?.state === "suspended";
  // Invariant 3: the running job is not changed before the new objects pass the dry run.
  const actions: readonly Action[] = toSuspend ? [] : dryRun(situation);
  const base: Outcome = {
    actions,
    events: [...events, suspending],
    explanation,
    requeueAfterMs: 0,
  };
  switch (mode.kind) {
    case "none":
      return toSuspend && needsNoTeardown(situation)
        ? { ...base, actions: [], status: suspended(situation, mode.restore) }
        : { ...base, events, status: launchIntended(situation, mode.restore) };
    case "known":
      return {
        ...base,
        status: launchIntended(situation, "savepoint", { upgradeSavepointPath: mode.path }),
      };
    case "stateless":
    case "last-state":
      return { ...base, status: withoutLostState(situation, launchIntended(situation, mode.kind)) };
    case "savepoint": {
      const stop = beginStop(situation);
      return stop.status === undefined ? stop : { ...base, ...stop };
    }
    case "cancel":
      return { ...base, status: withoutLostState(situation, cancelIntended(situation)) };
  }
}

/** Says once for each generation why a change of the parallelism restarts the job. */
function notInPlace(situation: Situation): EventIntent[] {
  const why = whyUpgraded(situation);
  return why === undefined
    ? []
    : [
        {
          type: "Normal",
          reason: "Scaling",
          component: "Job",
          message: `The parallelism cannot be changed in place, so the job is upgraded: ${why}`,
          key: `NotInPlace: ${situation.generation}`,
          once: true,
        },
      ];
}

/** A job that does not run has lost what it had come to since its last checkpoint already: Flink goes back there itself. */
const withoutLostState = (
  { status: { jobStatus } }: Situation,
  next: FlinkResourceStatus,
): FlinkResourceStatus => (jobStatus?.state === "RUNNING" ? next : withStateSpent(next));

/**
 * Can be suspended as it is: the JobManager of a job that has ended stays for inspection. A JobManager with a problem
 * is deleted, and so is a standalone cluster.
 */
function needsNoTeardown({ status, spec }: Situation): boolean {
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
