import type { Outcome, Situation, Step } from "../job/model/situation.ts";
import { awaitJars, replacesRunningJob } from "../job/upgrade/awaitJars.ts";
import { isEditDeferred } from "./editDuringStart.ts";

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
    return outcome !== undefined && stopsForJar(situation, outcome)
      ? (awaitJars(situation) ?? outcome)
      : outcome;
  };

/** Fetches the jar of an edit while a lost job is started without it. */
export const fetchJarOfEdit: Step = (situation) =>
  isEditDeferred(situation) ? awaitJars(situation) : undefined;

const stopsForJar = (situation: Situation, outcome: Outcome): boolean =>
  replacesRunningJob(situation, outcome) && situation.spec.job?.jarURI !== undefined;
