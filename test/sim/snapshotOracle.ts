import { resourceTypes } from "../../src/api/kubernetes.ts";
import { jobNames } from "./jobNames.ts";
import type { Scenario } from "./scenario.ts";
import type { Violation } from "./violation.ts";
import type { JournalEntry } from "./world/journal.ts";
import { dig, textAt } from "./world/json.ts";
import { type Change, sameType } from "./world/kubernetes/store.ts";
import type { World } from "./world/world.ts";

const promise = "keeps snapshots";

/**
 * Design, 4.4. What the operator deletes, somebody asked it to delete (a FlinkStateSnapshot that is being deleted, or a
 * history that had become too long), and at that moment nobody could still restore from it.
 */
export const keepsReachableSnapshots = (
  { journal, store }: World,
  { stateful, surviving }: Scenario,
): Violation[] => {
  const found: Violation[] = [];
  const names = jobNames(journal);
  for (const entry of journal.of("snapshot-deleted")) {
    const { path, by, index } = entry;
    if (!by.startsWith("operator")) continue;
    const before = journal.entries.slice(0, index);
    const objects = objectsAt(store.history, revisionOf(before));
    const why =
      wantedBy(path, objects) ??
      (stateful && isNewest(path, before, names, surviving) ? "it was the newest of the job" : undefined) ??
      (wasToGo(path, objects, store.history) ? undefined : "nobody asked for it");
    if (why !== undefined) found.push({ promise, what: `${path} was deleted, and ${why}`, at: index });
  }
  return found;
};

const revisionOf = (entries: readonly JournalEntry[]): number =>
  Math.max(0, ...entries.map((entry) => (entry.event === "kubernetes-write" ? (entry.revision ?? 0) : 0)));

/** Each object as it was at a revision. */
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

const wantedBy = (path: string, objects: readonly Change[]): string | undefined => {
  for (const { type, object } of objects) {
    const name = `${object.kind} ${object.metadata.name}`;
    const isSnapshot = sameType(type, resourceTypes.flinkStateSnapshot);
    if (
      isSnapshot &&
      object.metadata.deletionTimestamp === undefined &&
      isSame(textOf(object, "status", "path"), path)
    )
      return `${name} is of this path`;
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
 * Of what its job has completed, and has not been deleted. With high availability it counts from where Flink started the job
 * last: what comes after that goes before what was left behind.
 */
const isNewest = (
  path: string,
  before: readonly JournalEntry[],
  nameOf: (jobId: string) => string,
  surviving: boolean,
): boolean => {
  const left = new Map<string, { count: number; of: string }>();
  for (const entry of before) {
    if (entry.event === "checkpoint-completed" || entry.event === "savepoint-completed")
      left.set(normal(entry.path), { count: entry.count, of: nameOf(entry.jobId) });
    if (entry.event === "snapshot-deleted") left.delete(normal(entry.path));
    if (entry.event === "job-started" && surviving)
      for (const snapshot of left.values())
        if (snapshot.of === nameOf(entry.jobId))
          snapshot.count = Math.min(snapshot.count, entry.restored.count);
  }
  const own = left.get(normal(path));
  if (own === undefined) return left.size === 0;
  return ![...left].some(
    ([other, { count, of }]) => other !== normal(path) && of === own.of && count >= own.count,
  );
};

const wasToGo = (path: string, objects: readonly Change[], history: readonly Change[]): boolean =>
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

const normal = (path: string): string => path.replace(/^file:\/*/, "file:/").replace(/\/+$/, "");
const isSame = (one: string | undefined, other: string): boolean =>
  one !== undefined && one !== "" && normal(one) === normal(other);
