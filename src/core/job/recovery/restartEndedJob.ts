import type { EventIntent } from "../model/decision.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import type { SuspendMode } from "../model/suspendMode.ts";
import { EMPTY_STATE, type Explanation, NEWEST_IN_HA_METADATA } from "../status/decisionRecord.ts";
import { upgradeFailure } from "../status/failure.ts";
import { LAST_STATE_DUMMY_PATH, relaunchIntended } from "../status/status.ts";
import { decideSuspendMode } from "../suspension/suspendMode.ts";

/**
 * The job has ended as FAILED and is restarted (REFERENCE 1.9) as it was deployed, from its last snapshot, which was
 * recorded with its end. An edit of the spec also restarts the job, and takes precedence.
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
 * The job was cancelled in Flink by someone else. As with the Java operator, its deployed spec then counts as
 * suspended, so that a spec with state running restarts it from its last checkpoint (REFERENCE 1.12, 2.2). The spec
 * is the desired state: to keep the job stopped, the user sets it to suspended. A job that finished while it was
 * being cancelled is not restarted.
 */
export const restartCancelled: Step = (situation) => {
  if (situation.status.jobStatus?.state !== "CANCELED") return undefined;
  const outcome = restart(situation, {
    reason: "The job was cancelled, not by the operator, and its spec asks it to run.",
  });
  const relaunched = outcome?.explanation !== undefined;
  return relaunched ? { ...outcome, events: [cancelledElsewhere] } : outcome;
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
 * The restore is chosen as for an upgrade of a job that has ended, so that an unknown snapshot never leads to empty
 * state.
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
      return relaunch(situation, mode.restore, why);
    case "stateless":
    case "last-state":
      return relaunch(situation, mode.kind, why);
    default:
      return undefined;
  }
}

/** The situation of a redeployment of the deployed spec, in the upgrade mode that is requested now. */
function asDeployed(situation: Situation): Situation {
  const { deployed, spec, settings } = situation;
  if (deployed === undefined) return situation;
  const job = { ...deployed.spec.job, upgradeMode: spec.job?.upgradeMode };
  return { ...situation, spec: { ...deployed.spec, job }, nextSettings: settings };
}

type Mode = Extract<SuspendMode, { kind: "none" }>["restore"] | "last-state";

function relaunch(situation: Situation, mode: Mode, why: Pick<Explanation, "reason" | "facts">): Outcome {
  const pause = pauseSinceLaunch(situation);
  if (pause > 0) return { requeueAfterMs: pause };
  return {
    status: relaunchIntended(situation, mode),
    explanation: { act: "Restart", ...why, ...stateOf(situation, mode) },
    requeueAfterMs: 0,
  };
}

/** A job that ends as soon as it starts is restarted at most once per reconcile interval. */
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
