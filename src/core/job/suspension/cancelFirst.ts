import type { Outcome, Situation } from "../model/situation.ts";
import { isTerminal, jobOf } from "../observe/observeJob.ts";
import { cancelOnce } from "./cancelOnce.ts";

/** How long a job that is thrown away may take to cancel before its cluster is taken down all the same. */
const PATIENCE_MS = 10_000;

/**
 * Lets Flink clean up after a job whose state is given up, before its cluster is taken down; undefined where there is
 * nothing to cancel, or no point in waiting for it any longer. `since`: when the job was first to go.
 */
export function cancelFirst(situation: Situation, since: number): Outcome | undefined {
  const { status, facts, now } = situation;
  const job = jobOf(facts, status.jobStatus?.jobId);
  if (facts.flink?.reachability !== "ok" || job === undefined || isTerminal(job.state)) return undefined;
  if (!(now - since < PATIENCE_MS)) return undefined;
  return {
    actions: cancelOnce(situation, job),
    waitsFor: "the job is being cancelled",
    requeueAfterMs: 500,
  };
}
