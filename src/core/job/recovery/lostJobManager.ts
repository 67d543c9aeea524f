import type { EventIntent } from "../model/decision.ts";
import { hasHaMetadata } from "../model/facts.ts";
import type { Step } from "../model/situation.ts";
import { isTerminal } from "../observe/observeJob.ts";
import { withStateSpent } from "../restore/runState.ts";
import { EMPTY_STATE, NEWEST_IN_HA_METADATA } from "../status/decisionRecord.ts";
import { isStateless, relaunchIntended } from "../status/status.ts";

/**
 * The JobManager's Deployment is gone although the job should run (REFERENCE 1.9): the deployed spec is launched
 * again. A pending edit that waits for a running job keeps waiting.
 */
export const lostJobManager: Step = (situation) => {
  const { status, deployed, spec, settings, facts } = situation;
  if (status.jobManagerDeploymentStatus !== "MISSING" || deployed?.spec.job?.state !== "running")
    return undefined;
  if (!settings.recoveryEnabled || isTerminal(status.jobStatus?.state)) return undefined;
  const stateless = isStateless(spec);
  if (!stateless && !settings.highAvailability) return undefined;
  const inHa = hasHaMetadata(facts.haConfigMaps) || settings.unreadableHa !== undefined;
  // The gate of a cluster that was handed a job was not opened: there is its savepoint, and no HA metadata yet.
  const unopened = inHa || status.run?.stateSince !== undefined ? undefined : status.warmUpgrade?.savepoint;
  const fromHa = settings.highAvailability && (!stateless || inHa) && unopened === undefined;
  const mode = fromHa ? "last-state" : unopened === undefined ? "stateless" : "savepoint";
  return {
    events: [recovering],
    // Without a checkpoint it begins again from where it began, as Flink itself would have it do.
    status: withStateSpent(relaunchIntended(situation, mode)),
    explanation: {
      act: "Recover",
      reason: "The JobManager's Deployment is gone though the job should run.",
      facts: [
        `The job was ${status.jobStatus?.state ?? "never seen"}`,
        `HA metadata: ${settings.unreadableHa ?? (inHa ? "there" : "none")}`,
      ],
      restoresFrom: fromHa ? NEWEST_IN_HA_METADATA : (unopened ?? EMPTY_STATE),
    },
    requeueAfterMs: 0,
  };
};

const recovering: EventIntent = {
  type: "Warning",
  reason: "RecoverDeployment",
  component: "Job",
  message: "Recovering lost deployment",
};
