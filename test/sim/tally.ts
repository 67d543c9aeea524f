import type { Violation } from "./oracles.ts";
import type { Journal, JournalEntry } from "./world/journal.ts";

/** How often a run did what must not be done twice, and how much it wrote. */
export interface Tally {
  jobStarts: number;
  stopsWithSavepoint: number;
  savepoints: number;
  cancels: number;
  deploymentsCreated: number;
  writes: number;
}

export const tallyOf = (journal: Journal): Tally => {
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
  };
};

export const isOperatorsWrite = (entry: JournalEntry): boolean =>
  entry.event === "kubernetes-write" && entry.actor.startsWith("operator");

/** What a crash costs at most: the interrupted pass again, with what its first half wrote already. */
const writesForACrash = 15;

/**
 * Design, 4.2: an act that matters happens as often as in the undisturbed run, however often it was tried. A cancel
 * is there to spare Flink a failure: one more is one too many, one less is none the worse.
 */
export const compareTallies = (undisturbed: Tally, disturbed: Tally, end: number): Violation[] => {
  const acts = ["jobStarts", "stopsWithSavepoint", "savepoints", "deploymentsCreated"] as const;
  const differing = [
    ...acts.filter((act) => disturbed[act] !== undisturbed[act]),
    ...(disturbed.cancels > undisturbed.cancels ? (["cancels"] as const) : []),
  ];
  const twice = differing.map((act) => ({
    promise: "each act once",
    what: `${act}: ${disturbed[act]}, undisturbed ${undisturbed[act]}`,
    at: end,
  }));
  const bound = undisturbed.writes + writesForACrash;
  if (disturbed.writes <= bound) return twice;
  const what = `${disturbed.writes} writes, undisturbed ${undisturbed.writes}`;
  return [...twice, { promise: "few writes", what, at: end }];
};
