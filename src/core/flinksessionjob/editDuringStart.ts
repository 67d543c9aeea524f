import type { SubmissionFacts } from "../../api/flinkFacts.ts";
import { diffSpec } from "../diff/diff.ts";
import { deriveFetchId } from "../ids.ts";
import type { Situation } from "../job/model/situation.ts";
import { earlierGeneration, isLaunchIntended } from "../job/status/status.ts";
import { readLastReconciledSpec } from "../spec/lastReconciledSpec.ts";

/** How long a job that is down and can be started as it ran waits for the jar of an edit, milliseconds. */
const PATIENCE_MS = 10_000;

/** What becomes of an edit that finds a start of the job intended. */
export type EditDuringStart =
  | "none"
  /** It is started in the place of what was intended. */
  | "taken-up"
  /** Its jar may be had in a moment: the start waits for it, not for long. */
  | "awaited"
  /** What was intended is started; the edit comes when its jar is had, as with any job that runs. */
  | "kept-back";

/**
 * Where what is intended is what ran last, because it was lost, an edit must not keep it down: it is taken up only once its
 * jar was fetched. What has never run, an edit is there to mend.
 */
export function editDuringStart(situation: Situation): EditDuringStart {
  const { status, generation, spec, now } = situation;
  if (status.observedGeneration === generation) return "none";
  if (spec.job?.state === "suspended" || spec.job?.jarURI === undefined || !startsWhatRan(situation))
    return "taken-up";
  switch (jarFetchOf(situation)?.state) {
    case "accepted":
      return "taken-up";
    case "failed":
      return "kept-back";
    default: {
      const since = status.reconciliationStatus?.reconciliationTimestamp ?? 0;
      return now - since < PATIENCE_MS ? "awaited" : "kept-back";
    }
  }
}

/** The edit stands back, for the moment or for longer, behind a start of what ran. */
export function isEditDeferred(situation: Situation): boolean {
  if (!isLaunchIntended(situation.status, situation.deployed)) return false;
  const edit = editDuringStart(situation);
  return edit === "awaited" || edit === "kept-back";
}

/**
 * The job as it runs, where the jar of an edit was not fetched, or that is forgotten: it stands still as what it was, so that
 * it can be started again, and the edit is to come.
 */
export function withDeployedSpec(situation: Situation): Situation {
  const { deployed, diff, spec, status, generation, settings, asDeployed } = situation;
  if (deployed?.spec.job?.state !== "running" || spec.job?.state === "suspended") return situation;
  if (diff?.type === "IGNORE" || jarFetchOf(situation)?.state === "accepted") return situation;
  return {
    ...situation,
    spec: { ...deployed.spec, job: { ...deployed.spec.job, upgradeMode: spec.job?.upgradeMode } },
    generation: earlierGeneration(status, generation),
    nextSettings: settings,
    ...asDeployed,
  };
}

/** What is known of the fetch of the jar that the spec names, in this generation. */
export function jarFetchOf({ uid, generation, facts }: Situation): SubmissionFacts | undefined {
  return facts.jarFetch?.jobId === deriveFetchId(uid, generation) ? facts.jarFetch : undefined;
}

/** The start of the last spec that ran stable, which is recorded as suspended until it is carried out. */
function startsWhatRan({ status, deployed, kind }: Situation): boolean {
  const stable = readLastReconciledSpec(status.reconciliationStatus?.lastStableSpec)?.spec;
  if (deployed === undefined || stable?.job?.state !== "running") return false;
  const asStarted = { ...deployed.spec, job: { ...deployed.spec.job, state: "running" as const } };
  return diffSpec(stable, asStarted, { type: kind.spec }).type === "IGNORE";
}
