import { hasHaCheckpoint } from "../model/facts.ts";
import type { Outcome, Restore, Situation } from "../model/situation.ts";
import { jobOf } from "../observe/observeJob.ts";
import { CANDIDATES, type UpgradeFailureReason, upgradeFailure } from "../status/failure.ts";
import {
  describeSnapshot,
  isNewer,
  isSamePath,
  type KnownSnapshot,
  knownSnapshots,
} from "./knownSnapshots.ts";
import { stateOriginOf } from "./stateOrigin.ts";

/** The maximum number of listed candidates. */
const maxListed = 5;

/** Refuses an action that would start the job from older state than known, or from missing state. */
export function manualRestore(situation: Situation, reason: UpgradeFailureReason, why: string): Outcome {
  return upgradeFailure(situation, reason, manualRestoreMessage(situation, why));
}

/** The message of a refusal: the reason, the candidates, and what the user can do. */
export function manualRestoreMessage(
  { status, facts }: Pick<Situation, "status" | "facts">,
  why: string,
): string {
  const known = knownSnapshots(status, facts).slice(0, maxListed).map(describeSnapshot);
  const candidates =
    known.length === 0
      ? "No snapshot is known."
      : `${CANDIDATES}${known.join("; ")}. To go on from one, set job.initialSavepointPath to its ` +
        "path and job.savepointRedeployNonce to a new number.";
  return `${why} ${candidates} Manual restore required.`;
}

export type Guarded =
  | { readonly kind: "restore"; readonly restore: Restore }
  | { readonly kind: "refused"; readonly why: string };

/**
 * The restore for a launch that was to use `restore`: a newer snapshot instead, if one is known. If HA metadata names
 * a checkpoint, Flink restores from that itself, so only a checkpoint of the same job can be newer.
 */
export function guardRestore({ status, facts }: Situation, restore: Restore): Guarded {
  const known = knownSnapshots(status, facts);
  const chosen = entryOf(restore, known);
  const newest = known.find((snapshot) => snapshot !== chosen && supersedes(snapshot, chosen, restore));
  if (newest === undefined) return { kind: "restore", restore };
  if (newest.unusable === undefined && newest.path !== undefined && restore.kind !== "last-state")
    return { kind: "restore", restore: { kind: "savepoint", path: newest.path } };
  const instead = restore.kind === "none" ? "empty" : "from older state";
  return {
    kind: "refused",
    why: `The job would start ${instead}: its newest snapshot is the ${describeSnapshot(newest)}.`,
  };
}

/** The known snapshot that `restore` refers to. */
function entryOf(restore: Restore, known: readonly KnownSnapshot[]): KnownSnapshot | undefined {
  if (restore.kind === "none") return undefined;
  if (restore.kind === "last-state") return known.find(({ source }) => source === "HA metadata");
  return known.find(({ path }) => isSamePath(path, restore.path));
}

function supersedes(snapshot: KnownSnapshot, chosen: KnownSnapshot | undefined, { kind }: Restore): boolean {
  if (kind === "none") return true;
  // The run that took it was launched from the snapshot in the rest of the status.
  if (kind === "savepoint" && snapshot.source === "earlier run") return true;
  if (chosen === undefined || !isNewer(snapshot, chosen)) return false;
  return kind === "savepoint" || snapshot.kind === "checkpoint";
}

/** What an upgrade (or a restart) restores from, if that is not the job's own last snapshot. */
export type NewestState =
  /** The job continues from all known snapshots, so its own state is the newest. */
  | { readonly kind: "own" }
  | { readonly kind: "wait"; readonly why: string }
  /** The job started without this snapshot, which is newer than the job's own state. */
  | { readonly kind: "remembered"; readonly path: string; readonly why: string }
  | { readonly kind: "lost"; readonly why: string };

export function newestState(situation: Situation): NewestState {
  const { status, facts } = situation;
  if (podsLagBehind(situation))
    return { kind: "wait", why: "Kubernetes has not yet told of the JobManager that runs the job" };
  const stateOrigin = stateOriginOf(status, facts);
  switch (stateOrigin.kind) {
    case "continues":
      return { kind: "own" };
    case "unknown":
      return status.jobManagerDeploymentStatus === "READY"
        ? { kind: "wait", why: "Flink has not yet told what the job was restored from" }
        : { kind: "own" };
    case "began-anew": {
      const { path, checkpointId } = stateOrigin.remembered;
      return path === undefined
        ? { kind: "lost", why: `${BEGAN_ANEW}, and no path leads to its newest snapshot.` }
        : {
            kind: "remembered",
            path,
            why: `${BEGAN_ANEW}: checkpoint ${checkpointId} of the run before is newer than what it would leave behind.`,
          };
    }
    case "diverged":
      return hasHaCheckpoint(facts.haConfigMaps)
        ? {
            kind: "lost",
            why: `${BEGAN_ANEW}, although there was HA metadata, and has made progress of its own.`,
          }
        : {
            kind: "lost",
            why: `${BEGAN_ANEW} and has made progress of its own, so neither state continues the other.`,
          };
  }
}

/**
 * How long after its JobManager's container a job usually starts, and how long to wait for watches if it started
 * later.
 */
const LAG_MS = 60_000;

/**
 * The job started long after the known JobManager container: another container runs it, and the watch has not
 * delivered that yet. Without HA, the last checkpoint of the previous container is only in its log, and that is
 * available only after its end is known.
 */
function podsLagBehind({ status, facts, settings, now }: Situation): boolean {
  const startedAt = jobOf(facts, status.jobStatus?.jobId)?.startTime;
  if (settings.highAvailability || startedAt === undefined || facts.jobManagerPods.length === 0) return false;
  // A pod whose REST API answers but which is not known to run was restarted too.
  const newest = Math.max(...facts.jobManagerPods.map(({ runningSince = 0 }) => runningSince));
  return startedAt - newest > LAG_MS && now - startedAt < LAG_MS;
}

const BEGAN_ANEW = "The JobManager was started again and the job began anew";
