import type { UpgradeMode } from "../../../api/v1beta1/flinkdeployment.ts";
import { hasHaCheckpoint } from "../model/facts.ts";
import type { Restore, Situation } from "../model/situation.ts";
import { EMPTY_STATE, NEWEST_IN_HA_METADATA } from "../status/decisionRecord.ts";
import { isFirstDeployment, LAST_STATE_DUMMY_PATH } from "../status/status.ts";
import { type Guarded, guardRestore } from "./restoreGuard.ts";

/** A first deployment that is still pending follows the spec. Later ones keep the decided mode. */
export function restoreMode(situation: Situation): UpgradeMode {
  if (isFirstDeployment(situation)) {
    return situation.spec.job?.initialSavepointPath === undefined ? "stateless" : "savepoint";
  }
  return situation.deployed?.spec.job?.upgradeMode ?? "stateless";
}

/** Skips the guard for state that the user gave up, or for a path of a first deployment (docs/adr/0004). */
export function guardedRestore(situation: Situation, mode: UpgradeMode): Guarded {
  const restore = restoreOf(situation, mode);
  if (mode === "stateless" || isFirstDeployment(situation)) return { kind: "restore", restore };
  if (restore.kind === "last-state" && mode !== "last-state") {
    // The placeholder of an earlier restore is not a path, and the HA metadata that it stands for would be deleted.
    const why = "The job is to be restored from its last snapshot, but where that is is unknown.";
    return { kind: "refused", why };
  }
  return guardRestore(situation, restore);
}

export function restoreOf(situation: Situation, mode: UpgradeMode): Restore {
  const { status, facts, spec, settings } = situation;
  if (mode === "stateless") return { kind: "none" };
  const recorded = isFirstDeployment(situation)
    ? spec.job?.initialSavepointPath
    : status.jobStatus?.upgradeSavepointPath;
  const path = recorded ?? status.jobStatus?.savepointInfo?.lastSavepoint?.location;
  if (mode === "last-state") {
    if (hasHaCheckpoint(facts.haConfigMaps) || settings.unreadableHa !== undefined)
      return { kind: "last-state" };
    // The job has completed no checkpoint since it was started from this path, so the path is still the newest.
    return recorded === undefined ? { kind: "none" } : fromPath(recorded);
  }
  return path === undefined ? { kind: "none" } : fromPath(path);
}

const fromPath = (path: string): Restore =>
  path === LAST_STATE_DUMMY_PATH ? { kind: "last-state" } : { kind: "savepoint", path };

export const restorePath = (restore: Restore): string | undefined =>
  restore.kind === "savepoint"
    ? restore.path
    : restore.kind === "last-state"
      ? LAST_STATE_DUMMY_PATH
      : undefined;

export function describeRestore({ spec }: Situation, restore: Restore): string {
  if (spec.job === undefined) return "each of its jobs goes on as that job's resource says";
  if (restore.kind === "savepoint") return restore.path;
  return restore.kind === "last-state" ? NEWEST_IN_HA_METADATA : EMPTY_STATE;
}
