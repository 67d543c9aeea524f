import { createHash } from "node:crypto";
import { mask } from "../endState.ts";
import { isOperatorWrite, isSampleWrite, objectsByRevision, stepsOf } from "../steps.ts";
import type { JournalEntry } from "../world/journal.ts";
import { textAt } from "../world/json.ts";
import type { World } from "../world/world.ts";

/** What a run without a fault comes to, short enough to be kept of each workload. */
export interface Course {
  /** Reconciles of the whole run. */
  passes: number;
  /** Requests to JobManagers, reads too, of the whole run. */
  restCalls: number;
  steps: readonly CourseOfStep[];
}

interface CourseOfStep {
  step: string;
  /** Seconds from the step to the operator's last write in it, samples of the autoscaler aside. */
  seconds: number;
  /** How often what was done. */
  acts: Record<string, number>;
  /** A digest of what the operator wrote last to each object, without ids and times. */
  objects: Record<string, string>;
}

export const courseOf = (world: World, passes: number, restCalls: number): Course => {
  const written = objectsByRevision(world);
  const steps = stepsOf(world).map(({ name, from, entries }): CourseOfStep => {
    const acts: Record<string, number> = {};
    const objects: Record<string, string> = {};
    let last = from;
    for (const entry of entries) {
      const act = actOf(entry, written.get(revisionOf(entry)));
      if (act !== undefined) acts[act] = (acts[act] ?? 0) + 1;
      if (!isOperatorWrite(entry) || isSampleWrite(entry)) continue;
      last = entry.at;
      const object = written.get(entry.revision);
      if (object === undefined || entry.kind === "Event" || entry.verb === "delete") continue;
      const { uid: _uid, resourceVersion: _version, creationTimestamp: _at, ...metadata } = object.metadata;
      objects[String(mask(`${entry.kind} ${entry.name}`))] = digest({ ...object, metadata });
    }
    return { step: name, seconds: Math.round((last - from) / 1000), acts, objects };
  });
  return { passes, restCalls, steps };
};

const revisionOf = (entry: JournalEntry): number | undefined =>
  entry.event === "kubernetes-write" ? entry.revision : undefined;

/** What counts as an act, in words. */
function actOf(entry: JournalEntry, object: unknown): string | undefined {
  switch (entry.event) {
    case "kubernetes-write": {
      if (!isOperatorWrite(entry) || isSampleWrite(entry)) return undefined;
      const outcome = entry.outcome === "ok" ? "" : ` (${entry.outcome})`;
      if (entry.kind !== "Event") return String(mask(`${entry.verb} ${entry.kind} ${entry.name}${outcome}`));
      const message = digest(textAt(object, "message") ?? "");
      return `Event ${textAt(object, "type")} ${textAt(object, "reason")} ${message}${outcome}`;
    }
    case "dry-run":
      return String(mask(`dry-run ${entry.verb} ${entry.kind} ${entry.name}`));
    case "savepoint-requested":
      return `${entry.stop ? "stop" : "savepoint"}${entry.repeated ? " (repeated)" : ""}`;
    case "job-started":
      return `start from ${mask(entry.restored.from)} by ${entry.restored.by}, program ${digest(entry.program)}`;
    case "rescale-noted":
      return `rescale to ${entry.lowerBound}-${entry.upperBound}`;
    case "jobmanager-stopped":
      return `JobManager ${entry.how}`;
    case "snapshot-deleted":
      return entry.by.startsWith("operator") ? "dispose" : undefined;
    case "cancel-accepted":
    case "checkpoint-triggered":
    case "jar-fetched":
    case "script-checked":
      return entry.event;
    default:
      return undefined;
  }
}

const digest = (value: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(sorted(mask(value))))
    .digest("hex")
    .slice(0, 6);

/** The order of fields says nothing. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
};
