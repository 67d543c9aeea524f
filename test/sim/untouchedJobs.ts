import { jobNames } from "./jobNames.ts";
import type { Scenario } from "./scenario.ts";
import type { Violation } from "./violation.ts";
import type { World } from "./world/world.ts";

/**
 * Session jobs that nobody edits keep their id, are started once, and are neither cancelled nor stopped. What Flink recovers by
 * itself after the end of a JobManager is the same job.
 */
export const checkUntouchedJobs = ({ journal }: World, { untouched = [] }: Scenario): Violation[] => {
  const names = jobNames(journal);
  const ids = new Map<string, string>();
  const violation = (message: string, at: number): Violation => ({
    invariant: "other jobs untouched",
    message,
    at,
  });
  const deletions = journal
    .of("kubernetes-write")
    .filter(({ actor, verb, kind }) => actor === "user" && verb === "delete" && kind.startsWith("Flink"));
  const isDeleted = (name: string, before: number): boolean =>
    deletions.some((each) => each.index < before && (each.name === name || each.kind === "FlinkDeployment"));
  return journal.entries.flatMap((entry): Violation[] => {
    if (!("jobId" in entry)) return [];
    const name = names(entry.jobId);
    if (!untouched.includes(name) || isDeleted(name, entry.index)) return [];
    const { index } = entry;
    if (entry.event === "job-started") {
      const before = ids.get(name);
      ids.set(name, entry.jobId);
      if (before === undefined || (entry.recovered && before === entry.jobId)) return [];
      return [violation(`${name} was started again, as ${entry.jobId} after ${before}`, index)];
    }
    const isStopped =
      entry.event === "cancel-accepted" ||
      entry.event === "job-ended" ||
      (entry.event === "savepoint-requested" && entry.stop);
    return isStopped ? [violation(`${name} was stopped: ${entry.event}`, index)] : [];
  });
};
