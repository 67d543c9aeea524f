import { mask } from "./endState.ts";
import { isOperatorWrite, objectsByRevision, stepsOf } from "./steps.ts";
import type { Violation } from "./violation.ts";
import type { JournalEntry } from "./world/journal.ts";
import { textAt } from "./world/json.ts";
import type { World } from "./world/world.ts";

/**
 * An Event says that something has happened. The same may happen once for each turn of the job or of its cluster (a
 * launch, a start, a failure, a savepoint that failed), and once more for what comes of the user's step itself.
 */
const eventsBesidesTurns = 2;

/**
 * Invariant 7 of docs/architecture.md: one thing is one Event, of type Normal too. Messages that differ only in numbers,
 * ids and times say the same, so two Event objects with them are a repetition under another name, and a count that grows
 * without a turn of the job or of its cluster is one under the same name.
 */
export const eventsNotRepeated = (world: World): Violation[] => {
  const objects = objectsByRevision(world);
  const steps = stepsOf(world);
  const writes = steps.flatMap(({ from, entries }) =>
    entries.flatMap((entry) => {
      if (!isOperatorWrite(entry) || entry.kind !== "Event" || entry.outcome !== "ok") return [];
      const event = objects.get(entry.revision);
      return [{ entry, event, happenedAt: happenedBefore(event, from) ?? entry.at }];
    }),
  );
  return steps.flatMap(({ name: step, entries, from }, number) => {
    const to = steps[number + 1]?.from ?? Number.POSITIVE_INFINITY;
    const causes = new Map<string, { names: Set<string>; writes: number; at: number }>();
    for (const { entry, event, happenedAt } of writes) {
      if (happenedAt < from || happenedAt >= to) continue;
      const cause = causeOf(event);
      const known = causes.get(cause) ?? { names: new Set(), writes: 0, at: 0 };
      known.names.add(entry.name);
      causes.set(cause, { names: known.names, writes: known.writes + 1, at: entry.index });
    }
    const most = eventsBesidesTurns + entries.filter(isTurn).length;
    return [...causes].flatMap(([cause, { names, writes, at }]): Violation[] => {
      const invariant = "events are not repeated";
      if (names.size > 1)
        return [{ invariant, message: `${names.size} Events in "${step}" say the same: ${cause}`, at }];
      if (writes <= most) return [];
      return [{ invariant, message: `written ${writes} times in "${step}", ${most} at most: ${cause}`, at }];
    });
  });
};

/**
 * A write without a response holds up those after it: they may be of what happened in an earlier step, in milliseconds since the epoch.
 * Undefined: they are not. An Event has the second in which it happened.
 */
const happenedBefore = (event: unknown, from: number): number | undefined => {
  const endOfSecond = Date.parse(textAt(event, "lastTimestamp") ?? "") + 999;
  return endOfSecond < from ? endOfSecond : undefined;
};

/** What an Event is about, without numbers, ids and times. */
const causeOf = (event: unknown): string => {
  const about = [textAt(event, "involvedObject", "kind"), textAt(event, "involvedObject", "uid")];
  const message = String(mask(textAt(event, "message") ?? "")).replace(/\d+(\.\d+)?/g, "<n>");
  return [...about, textAt(event, "type"), textAt(event, "reason"), message].join(" ");
};

/** What happens to the job or to its cluster, whoever has caused it. */
export const isTurn = (entry: JournalEntry): boolean =>
  turns.has(entry.event) ||
  (entry.event === "kubernetes-write" &&
    entry.kind === "Deployment" &&
    entry.verb === "create" &&
    entry.outcome === "ok");

const turns: ReadonlySet<JournalEntry["event"]> = new Set([
  "job-started",
  "job-failed-over",
  "job-ended",
  "main-failed",
  "job-suspended",
  "savepoint-failed",
  "jobmanager-stopped",
  "operator-crashed",
  "fault",
] as const);
