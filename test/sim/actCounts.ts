import type { Violation } from "./violation.ts";
import type { Journal, JournalEntry } from "./world/journal.ts";

/** How often a run did what must not be done twice, and how much it wrote. */
export interface ActCounts {
  jobStarts: number;
  stopsWithSavepoint: number;
  savepoints: number;
  cancels: number;
  deploymentsCreated: number;
  writes: number;
  passes: number;
}

export const countActs = (journal: Journal, passes = 0): ActCounts => {
  const count = (holds: (entry: JournalEntry) => boolean): number => journal.entries.filter(holds).length;
  return {
    jobStarts: count((entry) => entry.event === "job-started"),
    stopsWithSavepoint: count(
      (entry) => entry.event === "savepoint-requested" && entry.stop && !entry.repeated,
    ),
    savepoints: count((entry) => entry.event === "savepoint-completed"),
    cancels: count((entry) => entry.event === "cancel-accepted"),
    deploymentsCreated: count(
      (entry) =>
        entry.event === "kubernetes-write" &&
        entry.kind === "Deployment" &&
        entry.verb === "create" &&
        entry.outcome === "ok",
    ),
    writes: count(isOperatorsWrite),
    passes,
  };
};

export const isOperatorsWrite = (entry: JournalEntry): boolean =>
  entry.event === "kubernetes-write" && entry.actor.startsWith("operator");

/** What a fault costs at most: the interrupted pass again, and the tale of it. */
const writesPerFault = 20;
/** A resource in transition is looked at every few seconds, and whenever its objects change. */
const reconcilesPerFault = 100;

/**
 * Design, 4.2: an act that matters happens as often as in the fault-free run, however often it was tried. A cancel
 * is there to spare Flink a failure: one more is one too many, one less is none the worse. A JobManager that restarts
 * starts its jobs again, and has forgotten what it was asked for.
 */
export const compareActCounts = (
  faultFree: ActCounts,
  faulty: ActCounts,
  {
    restarts,
    begun,
    goesOn,
    givenUp,
    toldAgain,
    end,
  }: {
    restarts: number;
    begun: boolean;
    goesOn: boolean;
    /** Savepoints that were not taken, and are not to be. */
    givenUp: number;
    toldAgain: number;
    end: number;
  },
): Violation[] => {
  const moreStops = Math.max(restarts, begun ? 1 : 0);
  const bounds: Record<keyof ActCounts, { least: number; most: number }> = {
    jobStarts: { least: faultFree.jobStarts, most: faultFree.jobStarts + restarts },
    stopsWithSavepoint: {
      least: goesOn ? 0 : faultFree.stopsWithSavepoint,
      most: faultFree.stopsWithSavepoint + moreStops,
    },
    savepoints: {
      least: goesOn ? 0 : faultFree.savepoints - givenUp,
      most: faultFree.savepoints + moreStops,
    },
    cancels: { least: 0, most: faultFree.cancels + moreStops },
    deploymentsCreated: { least: faultFree.deploymentsCreated, most: faultFree.deploymentsCreated },
    writes: { least: 0, most: faultFree.writes + writesPerFault + toldAgain },
    passes: { least: 0, most: 2 * faultFree.passes + reconcilesPerFault },
  };
  return Object.entries(bounds).flatMap(([act, { least, most }]) => {
    const times = faulty[act as keyof ActCounts];
    if (times >= least && times <= most) return [];
    const promise = costs[act] ?? "each act once";
    return [{ promise, what: `${act}: ${times}, fault-free ${faultFree[act as keyof ActCounts]}`, at: end }];
  });
};

const costs: Record<string, string> = { writes: "few writes", passes: "few passes" };
