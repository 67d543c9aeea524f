import { EMPTY_STATE, type Explanation, NEWEST_IN_HA_METADATA } from "./explanation.ts";
import { upgradeFailure } from "./failure.ts";
import type { Outcome, Situation, Step } from "./situation.ts";
import { relaunchIntended } from "./status.ts";
import { decideSuspendMode, type SuspendMode } from "./suspendMode.ts";

/**
 * The job has ended as FAILED and is to be started again (REFERENCE 1.9): as it was deployed, from its last snapshot,
 * which was recorded with its end. It is chosen as for an upgrade of a job that has ended, so that it is never empty
 * state because the snapshot is unknown. An edit of the spec restarts the job too, and goes first.
 */
export const restartFailed: Step = (situation) => {
  const { status, deployed, settings } = situation;
  if (!settings.restartFailed || status.jobStatus?.state !== "FAILED") return undefined;
  if (status.reconciliationStatus?.state !== "DEPLOYED" || deployed?.spec.job?.state !== "running")
    return undefined;
  const mode = decideSuspendMode(asDeployed(situation));
  switch (mode.kind) {
    case "fail":
      return upgradeFailure(situation, "UpgradeFailed", mode.message);
    case "none":
      return again(situation, mode.restore);
    case "stateless":
    case "last-state":
      return again(situation, mode.kind);
    default:
      return undefined;
  }
};

/** The question put as if the deployed spec, in the upgrade mode that is asked for now, were to be deployed anew. */
function asDeployed(situation: Situation): Situation {
  const { deployed, spec, settings } = situation;
  if (deployed === undefined) return situation;
  const job = { ...deployed.spec.job, upgradeMode: spec.job?.upgradeMode };
  return { ...situation, spec: { ...deployed.spec, job }, nextSettings: settings };
}

type Mode = Extract<SuspendMode, { kind: "none" }>["restore"] | "last-state";

function again(situation: Situation, mode: Mode): Outcome {
  const pause = pauseSinceLaunch(situation);
  if (pause > 0) return { requeueAfterMs: pause };
  return {
    status: relaunchIntended(situation, mode),
    explanation: explain(situation, mode),
    requeueAfterMs: 0,
  };
}

/** A job that fails as soon as it starts is started again at the pace of a resource at rest. */
function pauseSinceLaunch({ status, settings, now }: Situation): number {
  const launchedAt = status.reconciliationStatus?.reconciliationTimestamp ?? 0;
  return launchedAt + settings.reconcileIntervalMs - now;
}

function explain({ status, facts }: Situation, mode: Mode): Explanation {
  const failure = facts.flink?.jobResult?.result?.failure?.stackTrace.split("\n", 1)[0];
  const path = status.jobStatus?.upgradeSavepointPath;
  return {
    act: "Restart",
    reason: "The job has failed, and kubernetes.operator.job.restart.failed asks to start it again.",
    facts: failure === undefined ? [] : [`It failed with ${failure}`],
    restoresFrom:
      mode === "last-state"
        ? NEWEST_IN_HA_METADATA
        : ((mode === "savepoint" ? path : undefined) ?? EMPTY_STATE),
    ...(mode === "stateless" && path !== undefined
      ? { refused: [{ snapshot: path, why: "spec.job.upgradeMode is stateless" }] }
      : {}),
  };
}
