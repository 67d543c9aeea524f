import { isTurn } from "./eventOracle.ts";
import type { Pass } from "./operatorProcess.ts";
import { isOperatorWrite, objectsByRevision, stepsOf } from "./steps.ts";
import type { Violation } from "./violation.ts";
import type { JournalEntry } from "./world/journal.ts";
import { textAt } from "./world/json.ts";
import type { World } from "./world/world.ts";

/** How often one resource may be written or reconciled in a step of the user. */
interface Bound {
  /** What leads from the edit to its end, or to the error that stays. */
  step: number;
  /** What each turn of the job or of its cluster adds: it is observed, reported, and mended. */
  turn: number;
  /** What time adds. */
  minute: number;
}

/**
 * An upgrade takes about ten writes of the status, a rollback twice as many. Time alone adds none, except that what was
 * refused is tried again once a minute, 15 times at most (kubernetes.operator.retry.…), and each try is recorded.
 */
const statusWrites: Bound = { step: 20, turn: 4, minute: 0.5 };
/**
 * Writes of other objects: those of a cluster are about ten. A snapshot is created, and gets its finalizer and labels, and
 * there may be one each minute; a launch that is refused begins with the ConfigMaps.
 */
const objectWrites: Bound = { step: 30, turn: 6, minute: 4 };
/** An upgrade is told in about six Events, a rollback in nine. */
const eventWrites: Bound = { step: 10, turn: 3, minute: 1 };
/**
 * What leads from one cluster to the next is observed a few times a second: the facts of about a hundred passes differ. At
 * rest there is one pass for each reconcile interval (15 s), and one for each progress check (5 s) while it waits.
 */
const passes: Bound = { step: 120, turn: 10, minute: 12 };

/** Invariant 2 of docs/architecture.md, without a comparison: these bounds hold in runs that stop for good, too. */
export const boundedRates = (world: World, reconciles: readonly Pass[]): Violation[] => {
  const objects = objectsByRevision(world);
  return stepsOf(world).flatMap((step) => {
    const turns = step.entries.filter(isTurn).length;
    const minutes = (step.to - step.from) / 60_000;
    const within = reconciles.filter(({ at }) => at >= step.from && at < step.to);
    const check = (
      invariant: string,
      what: string,
      bound: Bound,
      counted: readonly string[],
    ): Violation[] => {
      const most = Math.floor(bound.step + bound.turn * turns + bound.minute * minutes);
      return [...Map.groupBy(counted, (resource) => resource)].flatMap(([resource, { length }]) => {
        if (length <= most) return [];
        const message = `${resource}: ${length} ${what} in "${step.name}", ${most} at most`;
        return [{ invariant, message, at: step.entries.at(-1)?.index ?? 0 }];
      });
    };
    return [
      ...check("bounded writes", "writes of the status", statusWrites, statusesOf(step.entries)),
      ...check("bounded writes", "writes", objectWrites, objectsIn(step.entries)),
      ...check("bounded writes", "Events", eventWrites, aboutOf(step.entries, objects)),
      ...check(
        "bounded reconciles",
        "reconciles",
        passes,
        within.map(({ kind, name }) => `${kind} ${name}`),
      ),
    ];
  });
};

/** Below the shortest pause before what was refused is tried again (kubernetes.operator.retry.initial.interval: 5 s). */
const pauseMs = 3_000;
/** What a pass has written before the refusal may be told by a watch, and leads to another pass at once. */
const triesWithoutPause = 2;
/** The object is as requested, or it was changed or deleted meanwhile: the next pass begins with what is then true. */
const noRefusals: ReadonlySet<string> = new Set(["ok", "unchanged", "Conflict", "AlreadyExists", "NotFound"]);

/** What the API server refuses is not tried again at once. */
export const pausesAfterRefusal = ({ journal }: World): Violation[] => {
  const refused = journal.entries.flatMap((entry) => {
    if (entry.event !== "kubernetes-write" && entry.event !== "dry-run") return [];
    if (!entry.actor.startsWith("operator") || noRefusals.has(entry.outcome)) return [];
    const { verb, kind, name, at, index } = entry;
    return { what: `${verb} ${kind} ${name}`, at, index };
  });
  return [...Map.groupBy(refused, ({ what }) => what)].flatMap(([what, tries]) => {
    const early = tries.find(({ at }, number) => {
      const earlier = tries[number - triesWithoutPause];
      return earlier !== undefined && at - earlier.at < pauseMs;
    });
    if (early === undefined) return [];
    const message = `${what} is refused, and tried more than ${triesWithoutPause} times within ${pauseMs / 1_000} s`;
    return [{ invariant: "bounded writes", message, at: early.index }];
  });
};

const statusesOf = (entries: readonly JournalEntry[]): string[] =>
  entries.flatMap((entry) =>
    isOperatorWrite(entry) && entry.verb === "replace-status" ? `${entry.kind} ${entry.name}` : [],
  );

const objectsIn = (entries: readonly JournalEntry[]): string[] =>
  entries.flatMap((entry) =>
    isOperatorWrite(entry) && entry.verb !== "replace-status" && entry.kind !== "Event" ? "objects" : [],
  );

/** What the Events that were written are about. */
const aboutOf = (entries: readonly JournalEntry[], objects: ReturnType<typeof objectsByRevision>): string[] =>
  entries.flatMap((entry) => {
    if (!isOperatorWrite(entry) || entry.kind !== "Event") return [];
    const event = objects.get(entry.revision);
    return `${textAt(event, "involvedObject", "kind")} ${textAt(event, "involvedObject", "name")}`;
  });

/** How long the end of a run is, and what one resource may cost in it: an hour's share. */
const endMs = 10 * 60_000;
const hourMs = 3_600_000;
/**
 * A resource that rests with an error may be waiting for somebody to lift what refuses it: it is tried again once a
 * minute at most, and after 15 tries every 15 minutes.
 */
const restingPerHour = { statusWrites: 60, events: 6 };
/** Those of what Flink itself changes. */
const changesPerHour = 60;
/** One for each progress check (5 s) while something is waited for. */
const waitingPassesPerHour = 720 + changesPerHour;
/** One for each reconcile interval (15 s). */
const settledPassesPerHour = 240 + changesPerHour;

/** What a resource costs when nothing happens any more, whether it has come to what the user asks for or stops for good. */
export const boundedAtRest = (world: World, reconciles: readonly Pass[], settled: boolean): Violation[] => {
  const now = world.clock.now();
  const last = stepsOf(world).at(-1);
  if (last === undefined || now - last.from < endMs) return [];
  const entries = last.entries.filter(({ at }) => at > now - endMs);
  // What happens to a job or a cluster now is a cause.
  if (entries.some((entry) => isTurn(entry) || entry.event === "job-rescaled")) return [];
  const at = world.journal.entries.length - 1;
  const check = (invariant: string, what: string, perHour: number, counted: readonly string[]): Violation[] =>
    [...Map.groupBy(counted, (resource) => resource)].flatMap(([resource, { length }]) => {
      const inAnHour = (length * hourMs) / endMs;
      if (inAnHour <= perHour) return [];
      return [
        { invariant, message: `${resource}: ${inAnHour} ${what} per hour at rest, ${perHour} at most`, at },
      ];
    });
  return [
    ...check("bounded writes", "writes of the status", restingPerHour.statusWrites, statusesOf(entries)),
    ...check("bounded writes", "Events", restingPerHour.events, aboutOf(entries, objectsByRevision(world))),
    ...check(
      "bounded reconciles",
      "reconciles",
      settled ? settledPassesPerHour : waitingPassesPerHour,
      reconciles.filter((each) => each.at > now - endMs).map(({ kind, name }) => `${kind} ${name}`),
    ),
  ];
};
