import type { RunJar, Submission, SubmissionFacts } from "../../api/flinkFacts.ts";
import { isAtLeast } from "../../api/v1beta1/common.ts";
import { deriveScriptCheckId, deriveSpecHash } from "../ids.ts";
import type { Outcome, Situation, Step } from "../job/model/situation.ts";
import { preparation, replacesRunningJob, untilNextTry } from "../job/upgrade/awaitJars.ts";
import {
  conclude,
  isRedeployment,
  keepsState,
  reportUnchecked,
  waitsFor,
  withStateLosses,
} from "../job/upgrade/checkScriptFirst.ts";
import { isCheckOf } from "../job/upgrade/refusedScript.ts";
import { readCheckMessage } from "../sql/checkMessage.ts";

/**
 * If the step would stop a running SQL job to restart it, its session cluster checks the new script first, in the background. A check
 * starts nothing, so it needs no intent: a crash repeats it. Its result is in status.sqlCheck (docs/adr/0037).
 */
export const checkScriptFirst =
  (step: Step): Step =>
  (situation) => {
    const outcome = step(situation);
    if (outcome === undefined || !replacesScript(situation, outcome)) return outcome;
    return preparation(awaitCheck(situation)) ?? withStateLosses(situation, outcome);
  };

/** The same for an upgrade: `redeploy`, which comes before it, has waited for the check of what it is for. */
export const checkScriptBeforeUpgrade = (upgrade: Step): Step => {
  const checked = checkScriptFirst(upgrade);
  return (situation) => (isRedeployment(situation) ? undefined : checked(situation));
};

const replacesScript = (situation: Situation, outcome: Outcome): boolean =>
  situation.nextSettings.sqlCheckTimeoutMs !== undefined &&
  situation.spec.job?.sql !== undefined &&
  replacesRunningJob(situation, outcome);

function awaitCheck(situation: Situation): Outcome | undefined {
  const { status, resource, generation, now } = situation;
  const { sqlCheck } = status;
  if (sqlCheck !== undefined && isCheckOf(sqlCheck, resource.spec) && isFresh(situation, sqlCheck.endedAt))
    return undefined;
  const checked = checkFactsOf(situation);
  switch (checked?.state) {
    case undefined:
      return begin(situation);
    case "running":
      return { waitsFor, othersMayAct: true };
    case "accepted": {
      if (!isFresh(situation, checked.at)) return begin(situation);
      const result = readCheckMessage(checked.answer ?? "") ?? {};
      return conclude(
        situation,
        { generation, specHash: deriveSpecHash(resource.spec), endedAt: now },
        result,
      );
    }
    case "failed": {
      const reported = reportUnchecked(status, checked.error);
      const remaining = untilNextCheck(situation, checked);
      if (remaining > 0) return { ...reported, waitsFor, othersMayAct: true, requeueAfterMs: remaining };
      return { ...reported, ...begin(situation) };
    }
  }
}

/** The ConfigMaps that a script refers to may be changed at any time: an older result is not one of what would be submitted. */
const MAX_AGE_MS = 30_000;

function isFresh({ spec, now }: Situation, endedAt = 0): boolean {
  const { scriptFrom = [], variablesFrom = [] } = spec.job?.sql ?? {};
  return scriptFrom.length + variablesFrom.length === 0 || now - endedAt <= MAX_AGE_MS;
}

const MAX_PAUSE_MS = 3_600_000;

/** A main method that hangs goes on in the JobManager after its request: a repeated one waits the longer, the more there may be. */
function untilNextCheck(situation: Situation, failed: SubmissionFacts & { state: "failed" }): number {
  const { nextSettings, now } = situation;
  const remaining = untilNextTry(situation, failed);
  if (failed.timeouts === undefined) return remaining;
  const pauseMs = (nextSettings.sqlCheckTimeoutMs ?? 0) * 2 ** (failed.timeouts - 1);
  return Math.max(remaining, failed.at + Math.min(MAX_PAUSE_MS, pauseMs) - now);
}

function checkFactsOf(situation: Situation): SubmissionFacts | undefined {
  const { scriptCheck } = situation.facts;
  return scriptCheck?.jobId === checkIdOf(situation) ? scriptCheck : undefined;
}

const checkIdOf = ({ uid, generation, deployed, resource }: Situation): string =>
  deriveScriptCheckId(uid, generation, deployed?.spec ?? {}, resource.spec);

function begin(situation: Situation): Outcome | undefined {
  const submission = checkOf(situation);
  return submission && { actions: [{ kind: "check-script", submission }], waitsFor, othersMayAct: true };
}

/** The runner's arguments have the configuration of each script: that of the request would count for both. */
function checkOf(situation: Situation): Submission | undefined {
  const { generation, submission, asDeployed, deployed, nextSettings } = situation;
  const launch = {
    generation,
    jobId: checkIdOf(situation),
    launchId: "",
    restore: { kind: "none" },
  } as const;
  const next = submission?.(launch);
  if (next === undefined) return undefined;
  const isCompared = keepsState(situation) && deployed?.spec.job?.sql !== undefined;
  const running = isCompared ? asDeployed.submission?.(launch) : undefined;
  const { flinkVersion, jobId, entryClass } = next.run;
  const programArgs = [
    "--check",
    "--answer",
    ...argumentsOf(next.run),
    // A session cluster has no folder with the job's configuration.
    ...(running === undefined ? [] : ["--running", "", ...argumentsOf(running.run)]),
  ];
  const deadlineMs = nextSettings.sqlCheckTimeoutMs ?? next.deadlineMs;
  return {
    ...next,
    deadlineMs,
    ...(running === undefined ? {} : { runningTexts: situation.status.run?.sqlTexts }),
    run: { flinkVersion, jobId, entryClass, programArgs, flinkConfiguration: {} },
  };
}

function argumentsOf({ flinkVersion, flinkConfiguration, parallelism, programArgs }: RunJar): string[] {
  const configuration = {
    // An older cluster ignores it.
    ...(isAtLeast(flinkVersion, "v1_17") ? flinkConfiguration : {}),
    ...(parallelism === undefined ? {} : { "parallelism.default": String(parallelism) }),
  };
  return ["--configuration", JSON.stringify(configuration), ...programArgs];
}
