import { errorTypes } from "../../statusError.ts";
import { dryRun } from "../launch/dryRun.ts";
import type { EventIntent } from "../model/decision.ts";
import { hasHaMetadata } from "../model/facts.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { unhealthyBecause } from "../observe/clusterHealth.ts";
import { checkpointsOf, isTerminal } from "../observe/observeJob.ts";
import { leftNothingOfItsOwn } from "../restore/runState.ts";
import { EMPTY_STATE, NEWEST_IN_HA_METADATA } from "../status/decisionRecord.ts";
import { report } from "../status/failure.ts";
import { isStateless, relaunchIntended } from "../status/status.ts";
import { awaitOthers } from "../suspension/actsOfOthers.ts";
import { cancelIntended } from "../upgrade/upgrade.ts";

/**
 * A job that runs but makes no progress is launched again as it was deployed (REFERENCE 1.9), from its HA metadata.
 * If that would lose its state it is not restarted, and the status reports why.
 */
export const restartUnhealthy: Step = (situation) => {
  const { status, deployed, spec, settings, facts } = situation;
  const why = settings.health === undefined ? undefined : unhealthyBecause(status);
  if (why === undefined || status.jobManagerDeploymentStatus !== "READY") return undefined;
  if (status.reconciliationStatus?.state !== "DEPLOYED" || deployed?.spec.job?.state !== "running")
    return undefined;
  const state = status.jobStatus?.state;
  if (isTerminal(state) || state === "CANCELLING") return undefined;
  const stateless = isStateless(spec);
  const inSession = facts.session !== undefined;
  const fromHa = settings.highAvailability && hasHaMetadata(facts.haConfigMaps);
  const keepsState = inSession ? settings.checkpointsRetainedOnCancel : fromHa;
  if (!stateless && !keepsState) return leftAlone(situation, why);
  const others = awaitOthers(situation, {
    kind: stateless ? "stateless" : inSession ? "cancel" : "last-state",
  });
  if (others !== undefined) return others;
  // Only now are the checkpoints known as they are: an older answer may be from before the first one.
  if (!stateless && leftNothingOfItsOwn(status, facts)) return leftAlone(situation, why);
  if (!stateless && inSession) return restartByCancel(situation, why);
  return {
    actions: dryRun({ ...situation, ...situation.asDeployed, spec: deployed.spec }),
    events: [restarting(why)],
    status: relaunchIntended(situation, fromHa ? "last-state" : "stateless"),
    explanation: {
      act: "Restart",
      reason: `The job is unhealthy: ${why}.`,
      facts: [`The job is ${state}`, `HA metadata: ${fromHa ? "there" : "none"}`],
      restoresFrom: fromHa ? NEWEST_IN_HA_METADATA : EMPTY_STATE,
    },
    requeueAfterMs: 0,
  };
};

/** A session job is cancelled and restored from its newest checkpoint. */
const restartByCancel = (situation: Situation, why: string): Outcome => ({
  events: [restarting(why)],
  status: cancelIntended(situation),
  explanation: {
    act: "Restart",
    reason: `The job is unhealthy: ${why}.`,
    facts: [`The job is ${situation.status.jobStatus?.state}`],
    restoresFrom: "the newest checkpoint that Flink tells once it is cancelled",
  },
  requeueAfterMs: 0,
});

function leftAlone({ status, facts }: Situation, why: string): Outcome {
  const newest = checkpointsOf(facts, status.jobStatus?.jobId)?.latestCompleted?.externalPath;
  const from = newest === undefined ? "" : "; a new restartNonce restarts it from its newest checkpoint";
  return report(
    status,
    errorTypes.reconciliation,
    "RestartUnhealthyJob",
    `The job is unhealthy: ${why}. It is left alone, since without HA metadata a restart could lose its state${from}.`,
    "Job",
  );
}

const restarting = (message: string): EventIntent => ({
  type: "Warning",
  reason: "RestartUnhealthyJob",
  component: "Job",
  message,
});
