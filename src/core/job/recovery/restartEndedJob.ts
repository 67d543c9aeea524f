import type { EventIntent } from "../model/decision.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import type { SuspendMode } from "../model/suspendMode.ts";
import { EMPTY_STATE, type Explanation, NEWEST_IN_HA_METADATA } from "../status/decisionRecord.ts";
import { upgradeFailure } from "../status/failure.ts";
import { LAST_STATE_DUMMY_PATH, relaunchIntended } from "../status/status.ts";
import { decideSuspendMode } from "../suspension/suspendMode.ts";

/**
 * The job has ended as FAILED and is to be started again (REFERENCE 1.9): as it was deployed, from its last snapshot,
 * which was recorded with its end. An edit of the spec restarts the job too, and goes first.
 */
export const restartFailed: Step = (situation) => {
  const { status, settings, facts } = situation;
  if (!settings.restartFailed || status.jobStatus?.state !== "FAILED") return undefined;
  const failure = facts.flink?.jobResult?.result?.failure?.stackTrace.split("\n", 1)[0];
  return restart(situation, {
    reason: "The job has failed, and kubernetes.operator.job.restart.failed asks to start it again.",
    facts: failure === undefined ? [] : [`It failed with ${failure}`],
  });
};

/**
 * Somebody cancelled the job in Flink. As with the Java operator, its deployed spec counts as suspended from then on, so
 * that a spec that asks it to run starts it again from its last checkpoint (REFERENCE 1.12, 2.2): what runs is what the
 * spec says, and who wants the job to stand still says so there. A job that was being cancelled but came to its own end
 * has finished, and is not started again.
 */
export const restartCancelled: Step = (situation) => {
  if (situation.status.jobStatus?.state !== "CANCELED") return undefined;
  const outcome = restart(situation, {
    reason: "The job was cancelled, not by the operator, and its spec asks it to run.",
  });
  const begun = outcome?.explanation !== undefined;
  return begun ? { ...outcome, events: [cancelledElsewhere] } : outcome;
};

const cancelledElsewhere: EventIntent = {
  type: "Normal",
  reason: "JobCancelled",
  component: "Job",
  message:
    "The job was cancelled, not by the operator. Its spec asks it to run, so it is started again from its last " +
    "checkpoint. To keep it from running, set spec.job.state to suspended.",
};

/**
 * How is chosen as for an upgrade of a job that has ended, so that it is never empty state because the snapshot is
 * unknown.
 */
function restart(situation: Situation, why: Pick<Explanation, "reason" | "facts">): Outcome | undefined {
  const { status, deployed } = situation;
  if (status.reconciliationStatus?.state !== "DEPLOYED" || deployed?.spec.job?.state !== "running")
    return undefined;
  const mode = decideSuspendMode(asDeployed(situation));
  switch (mode.kind) {
    case "fail":
      return upgradeFailure(situation, "UpgradeFailed", mode.message);
    case "none":
      return again(situation, mode.restore, why);
    case "stateless":
    case "last-state":
      return again(situation, mode.kind, why);
    default:
      return undefined;
  }
}

/** The question put as if the deployed spec, in the upgrade mode that is asked for now, were to be deployed anew. */
function asDeployed(situation: Situation): Situation {
  const { deployed, spec, settings } = situation;
  if (deployed === undefined) return situation;
  const job = { ...deployed.spec.job, upgradeMode: spec.job?.upgradeMode };
  return { ...situation, spec: { ...deployed.spec, job }, nextSettings: settings };
}

type Mode = Extract<SuspendMode, { kind: "none" }>["restore"] | "last-state";

function again(situation: Situation, mode: Mode, why: Pick<Explanation, "reason" | "facts">): Outcome {
  const pause = pauseSinceLaunch(situation);
  if (pause > 0) return { requeueAfterMs: pause };
  return {
    status: relaunchIntended(situation, mode),
    explanation: { act: "Restart", ...why, ...stateOf(situation, mode) },
    requeueAfterMs: 0,
  };
}

/** A job that ends as soon as it starts is started again at the pace of a resource at rest. */
function pauseSinceLaunch({ status, settings, now }: Situation): number {
  const launchedAt = status.reconciliationStatus?.reconciliationTimestamp ?? 0;
  return launchedAt + settings.reconcileIntervalMs - now;
}

function stateOf({ status }: Situation, mode: Mode): Pick<Explanation, "restoresFrom" | "refused"> {
  const path = status.jobStatus?.upgradeSavepointPath;
  if (mode === "last-state") return { restoresFrom: NEWEST_IN_HA_METADATA };
  if (mode === "savepoint") return { restoresFrom: path ?? EMPTY_STATE };
  const known = path !== undefined && path !== LAST_STATE_DUMMY_PATH;
  const refused = !known ? [] : [{ snapshot: path, why: "spec.job.upgradeMode is stateless" }];
  return { restoresFrom: EMPTY_STATE, refused };
}
