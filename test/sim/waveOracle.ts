import { operatorOptions } from "../../src/config/operatorOptions.ts";
import { jobNames } from "./jobNames.ts";
import type { Violation } from "./violation.ts";
import type { JournalEntry } from "./world/journal.ts";
import type { World } from "./world/world.ts";

/**
 * The session jobs that the operator has stopped and that do not run again are never more than the limit allows. It is of a session
 * cluster with three jobs. Where a JobManager ends, all its jobs do. A deletion is by hand, as an edit is, and waits for no place.
 */
export const boundedWaves = ({ journal, operatorDefaults }: World): Violation[] => {
  const limit = operatorDefaults[operatorOptions.maxUnavailable.key];
  if (limit === undefined) return [];
  const places = limit.endsWith("%") ? Math.floor((4 * Number.parseInt(limit, 10)) / 100) : Number(limit);
  const names = jobNames(journal);
  const stopped = new Set<string>();
  const deleted = new Set<string>();
  return journal.entries.flatMap((entry): Violation[] => {
    if (isDeletionByUser(entry)) {
      deleted.add(entry.name);
      // Its place is free: it never runs again.
      stopped.delete(entry.name);
    }
    if (entry.event === "job-started") stopped.delete(names(entry.jobId));
    if (entry.event === "savepoint-failed") stopped.delete(names(entry.jobId));
    const stops = entry.event === "cancel-accepted" || (entry.event === "savepoint-requested" && entry.stop);
    if (!stops || deleted.has(names(entry.jobId))) return [];
    stopped.add(names(entry.jobId));
    if (stopped.size <= places) return [];
    const message = `${[...stopped].join(", ")} are stopped at the same time, ${places} at most`;
    return [{ invariant: "bounded disruption", message, at: entry.index }];
  });
};

const isDeletionByUser = (entry: JournalEntry): entry is JournalEntry & { name: string } =>
  entry.event === "kubernetes-write" &&
  entry.actor === "user" &&
  entry.verb === "delete" &&
  entry.kind === "FlinkSessionJob";
