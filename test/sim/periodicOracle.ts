import { Cron } from "croner";
import { type KubeObject, resourceTypes } from "../../src/api/kubernetes.ts";
import type { Violation } from "./violation.ts";
import type { JournalEntry } from "./world/journal.ts";
import { dig, numberAt, textAt } from "./world/json.ts";
import { sameType } from "./world/kubernetes/store.ts";
import type { World } from "./world/world.ts";

const invariant = "periodic snapshots on the grid";

/** The operator is woken when a period elapses. The rest is a pass and one call. */
const promptMs = 1_000;
/** A fault delays the operator by less: the longest are an outage and a watch that lags for 20 s. */
const delayedMs = 45_000;

const kinds = ["savepoint", "checkpoint"] as const;
type Kind = (typeof kinds)[number];

/** One version of a resource, from when it was stored. */
interface Version {
  at: number;
  object: KubeObject;
}

/** The times at which snapshots are due. */
interface Grid {
  /** The first due time after a time, in milliseconds since the epoch. */
  next(after: number): number;
}

interface Taken {
  due: number;
  at: number;
  index: number;
}

/**
 * Periodic snapshots of a job that runs are taken at the times of their schedule: an interval counts from the creation of
 * the resource, or from the last due time under the schedule before, and never from the moment of a snapshot. Of the
 * periods that pass while the job does not run, none is made up for but the newest.
 */
export const periodicOnGrid = (world: World, faultFree: boolean): Violation[] => {
  const end = world.clock.now();
  return resourcesOf(world).flatMap((versions) =>
    kinds.flatMap((kind) => {
      const taken = takenOf(world, versions, kind);
      let anchor = Date.parse(versions[0]?.object.metadata.creationTimestamp ?? "");
      return schedulesOf(versions, kind).flatMap(({ text, from, to = end }) => {
        const grid = gridOf(text, anchor);
        const own = taken.filter(({ at }) => at >= from && at < to);
        if (grid === undefined)
          return own.map(({ index }) => ({ invariant, message: `"${text}" is no schedule`, at: index }));
        anchor = own.at(-1)?.due ?? anchor;
        return [
          ...checkTaken(own, grid, restartsOf(world)),
          ...(faultFree ? checkPrompt(own, versions) : []),
          ...checkSkipped(own, grid, versions, { from, to, withinMs: faultFree ? promptMs : delayedMs }).map(
            (message) => ({ invariant, message, at: world.journal.entries.length - 1 }),
          ),
        ];
      });
    }),
  );
};

const iso = (time: number): string => new Date(time).toISOString();

/** Where JobManagers died, in the journal. */
const restartsOf = ({ journal }: World): number[] =>
  journal.of("jobmanager-stopped").flatMap(({ how, index }) => (how === "crashed" ? [index] : []));

/**
 * Each on the grid, each due time once, and no due time when the next one has passed. A JobManager that dies loses the
 * savepoint that it takes.
 */
const checkTaken = (taken: readonly Taken[], { next }: Grid, restarts: readonly number[]): Violation[] =>
  taken.flatMap(({ due, at, index }, number) => {
    const fault =
      next(due - 1) !== due
        ? "is not a due time"
        : taken
              .slice(0, number)
              .some((other) => other.due === due && !restarts.some(between(other.index, index)))
          ? "is taken twice"
          : next(due) <= at
            ? `is taken at ${iso(at)}, when the next one is due already`
            : undefined;
    return fault === undefined ? [] : [{ invariant, message: `${iso(due)} ${fault}`, at: index }];
  });

const between =
  (from: number, to: number) =>
  (index: number): boolean =>
    index > from && index < to;

const checkPrompt = (taken: readonly Taken[], versions: readonly Version[]): Violation[] =>
  taken.flatMap(({ due, at, index }) =>
    at - due <= promptMs || !isHealthy(versions, due, due + promptMs)
      ? []
      : [{ invariant, message: `what was due at ${iso(due)} is taken at ${iso(at)}`, at: index }],
  );

const checkSkipped = (
  taken: readonly Taken[],
  { next }: Grid,
  versions: readonly Version[],
  { from, to, withinMs }: { from: number; to: number; withinMs: number },
): string[] => {
  const skipped: string[] = [];
  for (let due = next(from); due + withinMs < to; due = next(due)) {
    if (taken.some((each) => each.due === due) || !isHealthy(versions, due, due + withinMs)) continue;
    skipped.push(`${iso(due)} is skipped, although the job runs`);
  }
  return skipped;
};

/** Whether every version of a time says that the job runs as deployed. */
const isHealthy = (versions: readonly Version[], from: number, to: number): boolean => {
  const current = versions.findLastIndex(({ at }) => at <= from);
  return (
    current >= 0 &&
    versions
      .slice(current)
      .filter(({ at }) => at <= to)
      .every(
        ({ object: { metadata, status } }) =>
          metadata.deletionTimestamp === undefined &&
          textAt(status, "lifecycleState") === "STABLE" &&
          textAt(status, "jobStatus", "state") === "RUNNING" &&
          textAt(status, "jobStatus", "savepointInfo", "triggerType") !== "UPGRADE" &&
          dig(status, "observedGeneration") === metadata.generation,
      )
  );
};

/** The versions of each resource with a job, the oldest first. */
const resourcesOf = ({ store, journal }: World): Version[][] => {
  const times = new Map(
    journal.entries.flatMap((entry) =>
      entry.event === "kubernetes-write" && entry.revision !== undefined
        ? [[entry.revision, entry.at] as const]
        : [],
    ),
  );
  const { flinkDeployment, flinkSessionJob } = resourceTypes;
  const versions = store.history
    .filter(({ type }) => sameType(type, flinkDeployment) || sameType(type, flinkSessionJob))
    .map(({ revision, object }) => ({ at: times.get(revision) ?? 0, object }));
  return [...Map.groupBy(versions, ({ object }) => object.metadata.uid).values()];
};

/** The schedules of a resource, and from when to when each held. */
const schedulesOf = (
  versions: readonly Version[],
  kind: Kind,
): { text: string; from: number; to: number | undefined }[] => {
  const key = `kubernetes.operator.periodic.${kind}.interval`;
  const textOf = ({ object }: Version): string => textAt(object, "spec", "flinkConfiguration", key) ?? "";
  const changes = versions.filter((version, number) => {
    const before = versions[number - 1];
    return before === undefined || textOf(before) !== textOf(version);
  });
  return changes.flatMap((version, number) => {
    const text = textOf(version);
    return text === "" || isTooShort(text) ? [] : [{ text, from: version.at, to: changes[number + 1]?.at }];
  });
};

/** A number without a unit is milliseconds: zero turns snapshots off, and no grid is kept where a pass takes longer. */
const isTooShort = (text: string): boolean => /^\d+$/.test(text) && Number(text) < promptMs;

const units: Record<string, number> = { s: 1_000, min: 60_000, h: 3_600_000 };

/** Undefined where the text is no schedule: the edit is refused. */
const gridOf = (text: string, anchor: number): Grid | undefined => {
  const [, count, unit = ""] = /^(\d+) ?(s|min|h)$/.exec(text) ?? [];
  if (count !== undefined) {
    const ms = Number(count) * (units[unit] ?? 0);
    return { next: (after) => anchor + (Math.floor((after - anchor) / ms) + 1) * ms };
  }
  const cron = readCron(text);
  return cron && { next: (after) => cron.nextRun(new Date(after))?.getTime() ?? Number.POSITIVE_INFINITY };
};

/** Quartz has 1 for Sunday, and steps from a single value (0/2). */
const quartz = {
  timezone: "UTC",
  paused: true,
  alternativeWeekdays: true,
  domAndDow: true,
  sloppyRanges: true,
};

const readCron = (text: string): Cron | undefined => {
  try {
    return new Cron(text, quartz);
  } catch {
    return undefined;
  }
};

/** The periodic snapshots of a resource's job: those with a FlinkStateSnapshot, and those that only its status knows. */
const takenOf = (world: World, versions: readonly Version[], kind: Kind): Taken[] => {
  const { name = "" } = versions[0]?.object.metadata ?? {};
  const named = new RegExp(`^${name}-${kind}-periodic-(\\d+)(-[a-z]+)?$`);
  const triggered = triggersOf(versions, kind);
  const { entries } = world.journal;
  const failed = new Set(world.journal.of("savepoint-failed").map(({ triggerId }) => triggerId));
  return entries.flatMap((entry): Taken[] => {
    const { at, index } = entry;
    const due = dueInName(entry, named) ?? triggered.get(requestedIn(entry, kind, failed) ?? "");
    return due === undefined ? [] : [{ due, at, index }];
  });
};

const dueInName = (entry: JournalEntry, named: RegExp): number | undefined => {
  if (entry.event !== "kubernetes-write" || entry.kind !== "FlinkStateSnapshot") return undefined;
  if (entry.verb !== "create" || entry.outcome !== "ok") return undefined;
  const [, due] = named.exec(entry.name) ?? [];
  return due === undefined ? undefined : Number(due);
};

/** The id of a trigger that Flink has begun to follow, and that has not failed. */
const requestedIn = (entry: JournalEntry, kind: Kind, failed: ReadonlySet<string>): string | undefined => {
  if (kind === "checkpoint") return entry.event === "checkpoint-triggered" ? entry.triggerId : undefined;
  if (entry.event !== "savepoint-requested" || entry.stop || entry.repeated) return undefined;
  return failed.has(entry.triggerId) ? undefined : entry.triggerId;
};

/** The due times that the status records for periodic triggers once they have ended, by the id of the trigger. */
const triggersOf = (versions: readonly Version[], kind: Kind): Map<string, number> => {
  const ids = new Map<string, number>();
  versions.forEach(({ object: { status } }, number) => {
    const info = ["jobStatus", `${kind}Info`] as const;
    if (textAt(status, ...info, "triggerType") !== "PERIODIC") return;
    const triggerId = textAt(status, ...info, "triggerId");
    if (triggerId === undefined) return;
    const recorded =
      kind === "savepoint" ? "lastPeriodicSavepointTimestamp" : "lastPeriodicCheckpointTimestamp";
    const ended = versions
      .slice(number)
      .find((later) => textAt(later.object.status, ...info, "triggerId") !== triggerId);
    const due = numberAt(ended?.object.status, ...info, recorded);
    if (due !== undefined) ids.set(triggerId, due);
  });
  return ids;
};
