import type { EventIntent } from "../model/decision.ts";
import { hasHaMetadata } from "../model/facts.ts";
import type { Step } from "../model/situation.ts";
import { isTerminal } from "../observe/observeJob.ts";
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
  const fromHa = settings.highAvailability && (!stateless || inHa);
  return {
    events: [recovering],
    status: relaunchIntended(situation, fromHa ? "last-state" : "stateless"),
    explanation: {
      act: "Recover",
      reason: "The JobManager's Deployment is gone though the job should run.",
      facts: [
        `The job was ${status.jobStatus?.state ?? "never seen"}`,
        `HA metadata: ${settings.unreadableHa ?? (inHa ? "there" : "none")}`,
      ],
      restoresFrom: fromHa ? NEWEST_IN_HA_METADATA : EMPTY_STATE,
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
