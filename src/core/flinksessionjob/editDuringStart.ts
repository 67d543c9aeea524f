import { diffSpec } from "../diff/diff.ts";
import type { Situation } from "../job/model/situation.ts";
import { earlierGeneration, isLaunchIntended } from "../job/status/status.ts";
import { jarFetchOf } from "../job/upgrade/awaitJars.ts";
import { readLastReconciledSpec } from "../spec/lastReconciledSpec.ts";

/**
 * How long a stopped job that can be started with its previous spec waits for the jar of an edit, in milliseconds.
 */
const JAR_TIMEOUT_MS = 10_000;

/** How an edit is handled during an intended start of the job. */
export type EditDuringStart =
  | "none"
  /** The edit is started instead of the intended spec. */
  | "applied"
  /** Its jar may be available soon: the start waits for it, with a time limit. */
  | "awaited"
  /** The intended spec is started. The edit follows when its jar is available, as for a running job. */
  | "deferred";

/**
 * If the intended spec is the one that ran last and was lost, an edit must not delay its restart: it is applied only
 * once its jar was fetched. If the intended spec has never run, the edit may be a fix for it and is applied at once.
 */
export function editDuringStart(situation: Situation): EditDuringStart {
  const { status, generation, spec, now } = situation;
  if (status.observedGeneration === generation) return "none";
  if (spec.job?.state === "suspended" || spec.job?.jarURI === undefined || !startsPreviousSpec(situation))
    return "applied";
  switch (jarFetchOf(situation)?.state) {
    case "accepted":
      return "applied";
    case "failed":
      return "deferred";
    default: {
      const since = status.reconciliationStatus?.reconciliationTimestamp ?? 0;
      return now - since < JAR_TIMEOUT_MS ? "awaited" : "deferred";
    }
  }
}

/** The start of the previous spec takes precedence over the edit, for now or until the jar is available. */
export function isEditDeferred(situation: Situation): boolean {
  if (!isLaunchIntended(situation.status, situation.deployed)) return false;
  const edit = editDuringStart(situation);
  return edit === "awaited" || edit === "deferred";
}

/**
 * The running job with its deployed spec, if the jar of an edit was not fetched, or the process has forgotten that it
 * was: the job is suspended with that spec, so that it can be started again, and the edit stays pending.
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

/** The intended start is of the last stable spec, which is recorded as suspended until the start is complete. */
function startsPreviousSpec({ status, deployed, kind }: Situation): boolean {
  const stable = readLastReconciledSpec(status.reconciliationStatus?.lastStableSpec)?.spec;
  if (deployed === undefined || stable?.job?.state !== "running") return false;
  const asStarted = { ...deployed.spec, job: { ...deployed.spec.job, state: "running" as const } };
  return diffSpec(stable, asStarted, { type: kind.spec }).type === "IGNORE";
}
