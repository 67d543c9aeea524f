import type { Outcome, Situation } from "../model/situation.ts";
import { isTerminal, jobOf } from "../observe/observeJob.ts";
import { cancelOnce } from "./cancelOnce.ts";

/** How long the cancel of a job whose state is discarded may take before its cluster is deleted anyway. */
const TIMEOUT_MS = 10_000;

/**
 * Lets Flink clean up a job whose state is discarded, before its cluster is deleted; undefined if there is nothing to
 * cancel, or the time is up. `since`: when the job was first to be stopped.
 */
export function cancelFirst(situation: Situation, since: number): Outcome | undefined {
  const { status, facts, now } = situation;
  const job = jobOf(facts, status.jobStatus?.jobId);
  if (facts.flink?.reachability !== "ok" || job === undefined || isTerminal(job.state)) return undefined;
  if (!(now - since < TIMEOUT_MS)) return undefined;
  return {
    actions: cancelOnce(situation, job),
    waitsFor: "the job is being cancelled",
    requeueAfterMs: 500,
  };
}
