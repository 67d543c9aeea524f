import type { CompletedSnapshot } from "../../../api/flinkFacts.ts";
import type { SnapshotKind } from "../../../api/v1beta1/flinkdeployment.ts";
import { type Facts, haCheckpoints, type SnapshotFacts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { checkpointsOf, NOT_ADDRESSABLE } from "../observe/observeJob.ts";
import { LAST_STATE_DUMMY_PATH } from "../status/status.ts";

/** A completed snapshot that the operator knows of (docs/adr/0004). */
export interface KnownSnapshot {
  /** "earlier run": status.newestSnapshot. */
  readonly source: "Flink" | "HA metadata" | "FlinkStateSnapshot" | "earlier run" | "status";
  /** Undefined: the path is unknown. */
  readonly path: string | undefined;
  readonly kind: SnapshotKind | "snapshot";
  readonly jobId: string | undefined;
  /** Comparable within one run of the job. */
  readonly checkpointId: number | undefined;
  /** Milliseconds since the epoch when it was triggered. */
  readonly takenAt: number | undefined;
  /** Why no job can be restored from it; undefined: it is usable. */
  readonly unusable: string | undefined;
}

type Known = Pick<FlinkResourceStatus, "jobStatus" | "newestSnapshot">;

/**
 * All known snapshots that the current run, or the next one, could be restored from: newest first, as far as they can
 * be compared. Snapshots from before the run are left out, except for the one that the run was to be restored from.
 */
export function knownSnapshots(status: Known, facts: Facts): readonly KnownSnapshot[] {
  const all = [
    ...rememberedOf(status),
    ...reportedByFlink(status, facts),
    ...haCheckpoints(facts.haConfigMaps).map(inHaMetadata),
    ...facts.snapshots
      .filter(isComplete)
      .map(ofResource)
      .filter((snapshot) => isOfRun(snapshot, status)),
    ...recordedIn(status),
  ];
  return newestFirst(withoutRepetitions(all));
}

/** True only if it is known to be newer: within one run by checkpoint id, otherwise by time. */
export function isNewer(one: KnownSnapshot, other: KnownSnapshot): boolean {
  const sameRun = one.jobId !== undefined && one.jobId === other.jobId;
  if (sameRun && one.checkpointId !== undefined && other.checkpointId !== undefined)
    return one.checkpointId > other.checkpointId;
  return one.takenAt !== undefined && other.takenAt !== undefined && one.takenAt > other.takenAt;
}

/** One snapshot, in words. */
export function describeSnapshot({
  kind,
  checkpointId,
  jobId,
  path,
  takenAt,
  ...snapshot
}: KnownSnapshot): string {
  const number = checkpointId === undefined ? "" : ` ${checkpointId}`;
  const job = jobId === undefined ? "" : ` of job ${jobId}`;
  const details = [
    ...(takenAt === undefined ? [] : [`taken ${new Date(takenAt).toISOString()}`]),
    sourceInWords[snapshot.source],
    ...(snapshot.unusable === undefined ? [] : [snapshot.unusable]),
  ];
  return `${kind}${number}${job}${path === undefined ? "" : ` at ${path}`} (${details.join(", ")})`;
}

const sourceInWords: Record<KnownSnapshot["source"], string> = {
  Flink: "listed by Flink",
  "HA metadata": "named by HA metadata",
  FlinkStateSnapshot: "of a FlinkStateSnapshot",
  "earlier run": "of the run before",
  status: "named by the status",
};

const rememberedOf = ({ newestSnapshot }: Known): KnownSnapshot[] => {
  if (newestSnapshot === undefined) return [];
  const { path, kind = "checkpoint", jobId, checkpointId, takenAt } = newestSnapshot;
  return [{ source: "earlier run", kind, jobId, checkpointId, takenAt, ...addressOf(path, false) }];
};

function reportedByFlink({ jobStatus }: Known, facts: Facts): KnownSnapshot[] {
  const statistics = checkpointsOf(facts, jobStatus?.jobId);
  const all = [statistics?.latestCompleted, statistics?.latestSavepoint, statistics?.latestRestored];
  return all
    .filter((snapshot) => snapshot !== undefined)
    .map((snapshot) => fromFlink(snapshot, jobStatus?.jobId));
}

export const fromFlink = (
  { id, externalPath, isSavepoint, discarded, timestamp }: CompletedSnapshot,
  jobId: string | undefined,
): KnownSnapshot => ({
  source: "Flink",
  kind: isSavepoint ? "savepoint" : "checkpoint",
  jobId,
  checkpointId: id,
  takenAt: timestamp,
  ...addressOf(externalPath, discarded),
});

const inHaMetadata = ({ jobId, checkpointId }: { jobId: string; checkpointId: number }): KnownSnapshot => ({
  source: "HA metadata",
  kind: "checkpoint",
  jobId,
  checkpointId,
  path: undefined,
  takenAt: undefined,
  unusable: undefined,
});

const isComplete = ({ state, path }: SnapshotFacts): boolean => state === "COMPLETED" && path !== "";

const ofResource = ({ kind, path, takenAt }: SnapshotFacts): KnownSnapshot => ({
  source: "FlinkStateSnapshot",
  kind,
  jobId: undefined,
  checkpointId: undefined,
  takenAt,
  ...addressOf(path, false),
});

function recordedIn(status: Known): KnownSnapshot[] {
  const { upgradeSavepointPath: path, savepointInfo } = status.jobStatus ?? {};
  const last = savepointInfo?.lastSavepoint;
  const unknown = { jobId: undefined, checkpointId: undefined, takenAt: undefined };
  const recorded: KnownSnapshot[] =
    path === undefined || path === LAST_STATE_DUMMY_PATH
      ? []
      : [{ source: "status", kind: "snapshot", ...unknown, ...addressOf(path, false) }];
  if (last?.location === undefined) return recorded;
  const savepoint: KnownSnapshot = {
    source: "status",
    kind: "savepoint",
    ...unknown,
    takenAt: last.timeStamp,
    ...addressOf(last.location, false),
  };
  const counts = isOfRun(savepoint, status) || isSamePath(path, last.location);
  return counts ? [savepoint, ...recorded] : recorded;
}

/** Older snapshots were considered when the run was launched. */
function isOfRun({ takenAt }: KnownSnapshot, { jobStatus }: Known): boolean {
  const startedAt = runStartedAt(jobStatus);
  return takenAt !== undefined && startedAt !== undefined && takenAt >= startedAt;
}

/** When the current run began, by Flink's clock, in milliseconds since the epoch. */
export const runStartedAt = (jobStatus: Known["jobStatus"]): number | undefined =>
  jobStatus?.startTime === undefined ? undefined : Number(jobStatus.startTime);

/**
 * The trigger time to record for a snapshot that is requested now. Never before the start of the run, because the
 * operator's clock may differ from Flink's.
 */
export const triggerTimeOf = (startedAt: number | undefined, now: number): number =>
  Math.max(now, startedAt ?? 0);

/**
 * Whether the run for which the snapshot was intended has ended. A snapshot of the current run does not count for it.
 */
export const isOfEarlierRun = (triggeredAt: number | undefined, startedAt: number | undefined): boolean =>
  (triggeredAt ?? 0) < (startedAt ?? 0);

const addressOf = (path: string | undefined, discarded: boolean) => {
  if (discarded) return { path, unusable: "discarded" };
  if (path === undefined || path === "") return { path: undefined, unusable: "its path is unknown" };
  if (path === NOT_ADDRESSABLE) return { path: undefined, unusable: "not kept in files" };
  return { path, unusable: undefined };
};

/** Hadoop and Java write one slash in file URIs, users write three. */
export const normalised = (path: string): string => path.replace(/^file:\/*/, "file:/").replace(/\/+$/, "");

export const isSamePath = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && normalised(one) === normalised(other);

/** The first entry of a path has the most information. */
const withoutRepetitions = (all: readonly KnownSnapshot[]): KnownSnapshot[] =>
  all.filter(
    ({ path }, index) => path === undefined || all.findIndex((each) => isSamePath(each.path, path)) === index,
  );

/** The order is partial, so a sort by key does not work: takes the newest entry repeatedly. */
function newestFirst(all: readonly KnownSnapshot[]): KnownSnapshot[] {
  const newest = all.find((one) => !all.some((other) => isNewer(other, one))) ?? all[0];
  return newest === undefined ? [] : [newest, ...newestFirst(all.filter((one) => one !== newest))];
}
