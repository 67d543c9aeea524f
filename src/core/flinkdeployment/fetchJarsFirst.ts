import { hasFetchedJars } from "../../config/jobJars.ts";
import type { Step } from "../job/model/situation.ts";
import { awaitJars, replacesRunningJob } from "../job/upgrade/awaitJars.ts";

/**
 * The pods of the new cluster fetch the jars of the job themselves. So before the step stops a running job, the operator
 * fetches them too, and discards them: a jar that is not there stops nothing.
 */
export const fetchJarsFirst =
  (step: Step): Step =>
  (situation) => {
    const outcome = step(situation);
    if (outcome === undefined || !hasFetchedJars(situation.spec.job)) return outcome;
    return replacesRunningJob(situation, outcome) ? (awaitJars(situation) ?? outcome) : outcome;
  };
