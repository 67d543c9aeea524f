import type { SubmissionFacts } from "../../api/flinkFacts.ts";
import { hasFetchedJars } from "../../config/jobJars.ts";
import type { EventIntent } from "../job/model/decision.ts";
import type { Outcome, Situation, Step } from "../job/model/situation.ts";
import { awaitJars, jarFetchOf, replacesRunningJob } from "../job/upgrade/awaitJars.ts";

/**
 * The pods of the new cluster fetch the jars of the job themselves. So before the step stops a running job, the operator
 * fetches them too, and discards them: a jar that nobody can have stops nothing.
 */
export const fetchJarsFirst =
  (step: Step): Step =>
  (situation) => {
    const outcome = step(situation);
    if (outcome === undefined || !hasFetchedJars(situation.spec.job)) return outcome;
    if (!replacesRunningJob(situation, outcome)) return outcome;
    const fetched = jarFetchOf(situation);
    return fetched?.state === "failed" && mayBeOursAlone(fetched)
      ? goOn(situation, outcome, fetched.error)
      : (awaitJars(situation) ?? outcome);
  };

/** A source that is down for a moment is down for the pods, too. */
const TRIES = 3;

/** The pods have their own credentials, certificates and network policies. */
const mayBeOursAlone = ({ doubt, tries }: SubmissionFacts & { state: "failed" }): boolean =>
  doubt === "denied" || (doubt === "unreachable" && tries >= TRIES);

function goOn({ generation }: Situation, outcome: Outcome, error: string): Outcome {
  const event: EventIntent = {
    type: "Warning",
    reason: "JarNotVerified",
    component: "Job",
    message: `The job is upgraded without knowing whether its pods can fetch a jar, which the operator cannot: ${error}`,
    key: `JarNotVerified: ${generation}`,
    once: true,
  };
  return { ...outcome, events: [...(outcome.events ?? []), event] };
}
