import { deriveFetchId } from "../ids.ts";
import type { Outcome, Situation, Step } from "../job/model/situation.ts";
import { isTerminal } from "../job/observe/observeJob.ts";
import { report } from "../job/status/failure.ts";
import { errorTypes } from "../statusError.ts";
import { isEditDeferred, jarFetchOf } from "./editDuringStart.ts";
import { untilNextTry } from "./submission.ts";

/**
 * A session job has no objects for a dry run (invariant 3); its new spec depends on its jar instead. So if the step
 * would stop a running job to restart it, the jar is fetched first, in the background, and the job keeps running
 * until it is available. The result is lost in a crash; the fetch is then repeated.
 */
export const fetchJarFirst =
  (step: Step): Step =>
  (situation) => {
    const outcome = step(situation);
    // fetchJarOfEdit already fetches its jar.
    if (outcome?.explanation !== undefined && isEditDeferred(situation)) return undefined;
    return outcome !== undefined && replacesRunningJob(situation, outcome)
      ? (awaitJar(situation) ?? outcome)
      : outcome;
  };

/** Fetches the jar of an edit while a lost job is started without it. */
export const fetchJarOfEdit: Step = (situation) =>
  isEditDeferred(situation) ? awaitJar(situation) : undefined;

/** Each decision that disrupts the job has an explanation. */
const replacesRunningJob = ({ status, deployed, spec }: Situation, { explanation }: Outcome): boolean =>
  explanation !== undefined &&
  deployed?.spec.job?.state === "running" &&
  !isTerminal(status.jobStatus?.state) &&
  spec.job?.state !== "suspended" &&
  spec.job?.jarURI !== undefined;

/** Undefined once it was fetched. */
function awaitJar(situation: Situation): Outcome | undefined {
  const { uid, generation, status } = situation;
  const fetchId = deriveFetchId(uid, generation);
  const fetched = jarFetchOf(situation);
  switch (fetched?.state) {
    case "accepted":
      return undefined;
    case "running":
      return { waitsFor, othersMayAct: true };
    case "failed": {
      const message = `The job stays as it is, since its new jar cannot be fetched: ${fetched.error}`;
      const reported = report(status, errorTypes.upgradeFailure, "UpgradeFailed", message, "Job");
      const remaining = untilNextTry(situation, fetched);
      if (remaining > 0) return { ...reported, waitsFor, othersMayAct: true, requeueAfterMs: remaining };
      return { ...reported, ...begin(situation, fetchId) };
    }
    case undefined:
      return begin(situation, fetchId);
  }
}

function begin({ generation, submission }: Situation, fetchId: string): Outcome | undefined {
  const sent = submission?.({ generation, jobId: fetchId, launchId: "", restore: { kind: "none" } });
  return sent && { actions: [{ kind: "fetch-jar", submission: sent }], waitsFor, othersMayAct: true };
}

const waitsFor = "the new jar to be fetched, before the job is stopped";
