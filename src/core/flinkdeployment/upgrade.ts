import { deriveLaunchId, deriveTriggerId } from "../ids.ts";
import { formatLastReconciledSpec } from "../lastReconciledSpec.ts";
import type { Action, EventIntent } from "./decision.ts";
import { upgradeFailure } from "./failure.ts";
import type { Outcome, Situation, Step } from "./situation.ts";
import { launchIntended, suspended, withJob } from "./status.ts";
import { decideSuspendMode, type SuspendMode } from "./suspendMode.ts";

/** A new savepointRedeployNonce: give the present state up and start from initialSavepointPath. */
export const redeploy: Step = (situation) => {
  const { diff, spec } = situation;
  if (diff?.type !== "SAVEPOINT_REDEPLOY") return undefined;
  return {
    actions: [dryRun(situation)],
    events: [specChanged(situation), suspending],
    status: launchIntended(situation, "savepoint", { upgradeSavepointPath: spec.job?.initialSavepointPath }),
    requeueAfterMs: 0,
  };
};

/** A suspended resource: resumed, or its edits recorded. */
export const suspendedResource: Step = (situation) => {
  const { deployed, spec, diff } = situation;
  if (deployed?.spec.job?.state !== "suspended") return undefined;
  const mode = deployed.spec.job.upgradeMode ?? "stateless";
  if (spec.job?.state !== "suspended") {
    const stateless = (spec.job?.upgradeMode ?? "stateless") === "stateless";
    return {
      events: [specChanged(situation)],
      status: launchIntended(situation, stateless ? "stateless" : mode),
      requeueAfterMs: 0,
    };
  }
  return diff?.type === "IGNORE" ? undefined : { status: suspended(situation, mode) };
};

/** The running job's spec changed in a way that needs a restart (or its suspension). */
export const upgrade: Step = (situation) => {
  const { diff } = situation;
  if (diff === undefined || diff.type === "IGNORE") return undefined;
  return beginSuspend(situation, decideSuspendMode(situation));
};

function beginSuspend(situation: Situation, mode: SuspendMode): Outcome | undefined {
  const toSuspend = situation.spec.job?.state === "suspended";
  // Invariant 3: nothing of the running job is touched before its successor passed.
  const actions: Action[] = toSuspend ? [] : [dryRun(situation)];
  const events = [specChanged(situation), suspending];
  switch (mode.kind) {
    case "wait":
      return undefined;
    case "fail":
      return upgradeFailure(situation, "UpgradeFailed", mode.message);
    case "none":
      return toSuspend
        ? { events, status: suspended(situation, mode.restore) }
        : {
            actions,
            events: [specChanged(situation)],
            status: launchIntended(situation, mode.restore),
            requeueAfterMs: 0,
          };
    case "stateless":
    case "last-state":
      return { actions, events, status: launchIntended(situation, mode.kind), requeueAfterMs: 0 };
    case "savepoint":
      return { actions, events, status: stopIntended(situation), requeueAfterMs: 0 };
    case "cancel":
      return { actions, events, status: cancelIntended(situation), requeueAfterMs: 0 };
  }
}

function stopIntended({ status, settings, uid, now }: Situation) {
  const jobId = status.jobStatus?.jobId ?? "";
  return withJob(status, {
    savepointInfo: {
      ...status.jobStatus?.savepointInfo,
      triggerId: deriveTriggerId(uid, jobId, now),
      triggerTimestamp: now,
      triggerType: "UPGRADE",
      formatType: settings.savepointFormat,
    },
  });
}

/** As the reference records it: the old spec, running, to be restored from a path that is not known yet. */
function cancelIntended({ status, deployed, generation }: Situation) {
  if (deployed === undefined) return status;
  const spec = { ...deployed.spec, job: { ...deployed.spec.job, upgradeMode: "savepoint" as const } };
  return {
    ...withJob(status, { state: "CANCELLING" as const }),
    observedGeneration: generation,
    reconciliationStatus: {
      ...status.reconciliationStatus,
      lastReconciledSpec: formatLastReconciledSpec(spec, { firstDeployment: false }),
      state: "UPGRADING" as const,
    },
  };
}

/** The objects as they will be launched, but for ids that are not decided yet. */
function dryRun(situation: Situation): Action {
  const { uid, now, status, generation } = situation;
  const jobId = status.jobStatus?.jobId;
  const launchId = deriveLaunchId(uid, jobId ?? "", now);
  return {
    kind: "dry-run",
    objects: situation.build({ generation, jobId, launchId, restore: { kind: "none" } }),
  };
}

const specChanged = ({ diff, generation }: Situation): EventIntent => ({
  type: "Normal",
  reason: "SpecChanged",
  component: "JobManagerDeployment",
  message: diff?.text ?? "",
  key: `SpecChange: ${generation}`,
  once: true,
});

const suspending: EventIntent = {
  type: "Normal",
  reason: "Suspended",
  component: "JobManagerDeployment",
  message: "Suspending existing deployment.",
};
