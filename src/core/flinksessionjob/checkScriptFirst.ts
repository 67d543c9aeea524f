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
  if (status.sqlCheck !== undefined && isCheckOf(status.sqlCheck, resource.spec)) return undefined;
  const checked = checkFactsOf(situation);
  switch (checked?.state) {
    case undefined:
      return begin(situation);
    case "running":
      return { waitsFor, othersMayAct: true };
    case "accepted": {
      const result = readCheckMessage(checked.answer ?? "") ?? {};
      return conclude(
        situation,
        { generation, specHash: deriveSpecHash(resource.spec), endedAt: now },
        result,
      );
    }
    case "failed": {
      const reported = reportUnchecked(status, checked.error);
      const remaining = untilNextTry(situation, checked);
      if (remaining > 0) return { ...reported, waitsFor, othersMayAct: true, requeueAfterMs: remaining };
      return { ...reported, ...begin(situation) };
    }
  }
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
