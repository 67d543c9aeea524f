/** Fetches the jars of a new spec in the background, while the job of the deployed one runs on. */
import type { SubmissionFacts } from "../../../api/flinkFacts.ts";
import { deriveFetchId } from "../../ids.ts";
import { errorTypes } from "../../statusError.ts";
import type { Outcome, Situation } from "../model/situation.ts";
import { isTerminal } from "../observe/observeJob.ts";
import { report } from "../status/failure.ts";

/** Undefined once they were fetched. The result is lost in a crash; the fetch is then repeated. */
export const awaitJars = (situation: Situation): Outcome | undefined => preparation(fetchJars(situation));

/** What comes before the stop of a running job; undefined: nothing more. */
export const preparation = (outcome: Outcome | undefined): Outcome | undefined =>
  outcome && { ...outcome, prepares: true };

function fetchJars(situation: Situation): Outcome | undefined {
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

/** The outcome stops a running job to start it again. Each decision that disrupts the job has an explanation. */
export const replacesRunningJob = (
  { status, deployed, spec }: Situation,
  { explanation }: Outcome,
): boolean =>
  explanation !== undefined &&
  deployed?.spec.job?.state === "running" &&
  !isTerminal(status.jobStatus?.state) &&
  spec.job?.state !== "suspended";

/** The facts about the fetch of the jars that the spec names, in this generation. */
export function jarFetchOf({ uid, generation, facts }: Situation): SubmissionFacts | undefined {
  return facts.jarFetch?.jobId === deriveFetchId(uid, generation) ? facts.jarFetch : undefined;
}

/** Milliseconds; 0 or less if it is due. */
export function untilNextTry(
  { settings, now }: Situation,
  failed: SubmissionFacts & { state: "failed" },
): number {
  const { floorMs, capMs, factor } = settings.retry;
  return failed.at + Math.min(capMs, floorMs * factor ** (failed.tries - 1)) - now;
}
