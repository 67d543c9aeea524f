import { resourceTypes } from "../../src/api/kubernetes.ts";
import { jobNames } from "./jobNames.ts";
import type { Scenario } from "./scenario.ts";
import type { Violation } from "./violation.ts";
import type { JournalEntry } from "./world/journal.ts";
import { dig, textAt } from "./world/json.ts";
import { type Change, sameType } from "./world/kubernetes/store.ts";
import type { World } from "./world/world.ts";

const invariant = "keeps snapshots";

/**
 * Invariant 4 of docs/architecture.md: the operator deletes a snapshot only on request (its FlinkStateSnapshot is being
 * deleted, or the history is full), and only if nothing can still restore from it at that moment.
 */
export const keepsNeededSnapshots = (
  { journal, store }: World,
  { stateful, highlyAvailable }: Scenario,
): Violation[] => {
  const found: Violation[] = [];
  const names = jobNames(journal);
  for (const entry of journal.of("snapshot-deleted")) {
    const { path, by, index } = entry;
    if (!by.startsWith("operator")) continue;
    const before = journal.entries.slice(0, index);
    const objects = objectsAt(store.history, revisionOf(before));
    const reason =
      neededBy(path, objects) ??
      (stateful && isNewest(path, before, names, highlyAvailable)
        ? "it was the newest of the job"
        : undefined) ??
      (deletionRequested(path, objects, store.history) ? undefined : "its deletion was not requested");
    if (reason !== undefined)
      found.push({ invariant, message: `${path} was deleted, and ${reason}`, at: index });
  }
  return found;
};

const revisionOf = (entries: readonly JournalEntry[]): number =>
  Math.max(0, ...entries.map((entry) => (entry.event === "kubernetes-write" ? (entry.revision ?? 0) : 0)));

/** The objects at a revision. */
const objectsAt = (history: readonly Change[], revision: number): Change[] => {
  const objects = new Map<string, Change>();
  for (const change of history) {
    if (change.revision > revision) break;
    const key = `${change.type.kind}/${change.object.metadata.name}`;
    if (change.change === "DELETED") objects.delete(key);
    else objects.set(key, change);
  }
  return [...objects.values()];
};

const neededBy = (path: string, objects: readonly Change[]): string | undefined => {
  for (const { type, object } of objects) {
    const name = `${object.kind} ${object.metadata.name}`;
    const isSnapshot = sameType(type, resourceTypes.flinkStateSnapshot);
    if (
      isSnapshot &&
      object.metadata.deletionTimestamp === undefined &&
      isSame(textOf(object, "status", "path"), path)
    )
      return `${name} has this path`;
    if (isSnapshot) continue;
    if (isSame(textOf(object, "spec", "job", "initialSavepointPath"), path)) return `${name} names it`;
    const isStable = textOf(object, "status", "lifecycleState") === "STABLE";
    if (!isStable && isSame(textOf(object, "status", "jobStatus", "upgradeSavepointPath"), path))
      return `${name} was about to start from it`;
  }
  return undefined;
};

const textOf = (object: unknown, ...path: string[]): string => String(dig(object, ...path) ?? "");

/**
 * Whether it is the newest snapshot of its job among those that are not deleted. With high availability, snapshots of the
 * latest run count as newer than those of earlier runs: the counts are capped where Flink started the job last.
 */
const isNewest = (
  path: string,
  before: readonly JournalEntry[],
  nameOf: (jobId: string) => string,
  highlyAvailable: boolean,
): boolean => {
  const remaining = new Map<string, { count: number; jobName: string }>();
  for (const entry of before) {
    if (entry.event === "checkpoint-completed" || entry.event === "savepoint-completed")
      remaining.set(normalized(entry.path), { count: entry.count, jobName: nameOf(entry.jobId) });
    if (entry.event === "snapshot-deleted") remaining.delete(normalized(entry.path));
    if (entry.event === "job-started" && highlyAvailable)
      for (const snapshot of remaining.values())
        if (snapshot.jobName === nameOf(entry.jobId))
          snapshot.count = Math.min(snapshot.count, entry.restored.count);
  }
  const own = remaining.get(normalized(path));
  if (own === undefined) return remaining.size === 0;
  return ![...remaining].some(
    ([other, { count, jobName }]) =>
      other !== normalized(path) && jobName === own.jobName && count >= own.count,
  );
};

const deletionRequested = (path: string, objects: readonly Change[], history: readonly Change[]): boolean =>
  objects.some(
    ({ type, object }) =>
      sameType(type, resourceTypes.flinkStateSnapshot) &&
      object.metadata.deletionTimestamp !== undefined &&
      isSame(textOf(object, "status", "path"), path) &&
      dig(object, "spec", "savepoint", "disposeOnDelete") !== false,
  ) ||
  history.some(({ object }) => historyOf(object).some((entry) => isSame(textAt(entry, "location"), path)));

const historyOf = (object: unknown): object[] => {
  const entries = dig(object, "status", "jobStatus", "savepointInfo", "savepointHistory");
  return Array.isArray(entries) ? (entries as object[]) : [];
};

const normalized = (path: string): string => path.replace(/^file:\/*/, "file:/").replace(/\/+$/, "");
const isSame = (one: string | undefined, other: string): boolean =>
  one !== undefined && one !== "" && normalized(one) === normalized(other);
