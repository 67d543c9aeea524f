import { isOperatorWrite } from "./steps.ts";
import type { Violation } from "./violation.ts";
import type { Journal, JournalEntry } from "./world/journal.ts";

/** How often a run performed the actions that must not be repeated, and how much it wrote. */
export interface ActionCounts {
  jobStarts: number;
  stopsWithSavepoint: number;
  savepoints: number;
  cancels: number;
  deploymentsCreated: number;
  /** Savepoints that the operator had deleted. */
  disposals: number;
  writes: number;
  reconciles: number;
}

export const countActions = (journal: Journal, reconciles = 0): ActionCounts => {
  const count = (matches: (entry: JournalEntry) => boolean): number => journal.entries.filter(matches).length;
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
    disposals: count((entry) => entry.event === "snapshot-deleted" && entry.by.startsWith("operator")),
    writes: count(isOperatorWrite),
    reconciles,
  };
};

/** The most writes that a fault may add: those of the interrupted reconcile again, and those that report the problem. */
const writesPerFault = 20;
/** A resource in transition is reconciled every few seconds, and whenever its objects change. */
const reconcilesPerFault = 100;

/** What a fault may change in the counts of a run. */
export interface AllowedDifferences {
  /** Jobs that a restarted JobManager starts again. */
  restarts: number;
  /** One stop of a job that the fault-free run does not have. */
  stopStarted: boolean;
  /** So many stops less: the user deletes the resource before the stop is requested, or the job does not run. */
  omittedStops: number;
  /** The job continues from state of an earlier run: the stop with a savepoint is not needed. */
  continues: boolean;
  /** Clusters that stood for a job and were deleted without one. */
  standbys: number;
  /** Savepoints that failed and are not taken again. */
  abandonedSavepoints: number;
  repeatedWrites: number;
  /** Where violations are reported: index of the journal's last entry. */
  at: number;
}

/**
 * Invariant 2 of docs/architecture.md: an action happens as often as in the fault-free run, however often it is tried.
 * One cancel more is a violation. One cancel less is none: a cancel only spares Flink a failure. A JobManager that
 * restarts starts its jobs again and has lost the requests that it got before.
 */
export const compareActionCounts = (
  faultFree: ActionCounts,
  faulty: ActionCounts,
  {
    restarts,
    stopStarted,
    omittedStops,
    continues,
    standbys,
    abandonedSavepoints,
    repeatedWrites,
    at,
  }: AllowedDifferences,
): Violation[] => {
  const extraStops = Math.max(restarts, stopStarted ? 1 : 0);
  const bounds: Record<keyof ActionCounts, { min: number; max: number }> = {
    jobStarts: { min: faultFree.jobStarts, max: faultFree.jobStarts + restarts },
    stopsWithSavepoint: {
      min: continues ? 0 : faultFree.stopsWithSavepoint - omittedStops,
      max: faultFree.stopsWithSavepoint + extraStops,
    },
    savepoints: {
      min: continues ? 0 : faultFree.savepoints - abandonedSavepoints - omittedStops,
      max: faultFree.savepoints + extraStops,
    },
    cancels: { min: 0, max: faultFree.cancels + extraStops },
    deploymentsCreated: { min: faultFree.deploymentsCreated, max: faultFree.deploymentsCreated + standbys },
    // The savepoint of a stop that only this run has may have to go.
    // Nobody knows of a savepoint that a JobManager has lost.
    disposals: { min: faultFree.disposals - restarts, max: faultFree.disposals + extraStops },
    writes: { min: 0, max: faultFree.writes + writesPerFault + repeatedWrites },
    reconciles: { min: 0, max: 2 * faultFree.reconciles + reconcilesPerFault },
  };
  return Object.entries(bounds).flatMap(([action, { min, max }]) => {
    const count = faulty[action as keyof ActionCounts];
    if (count >= min && count <= max) return [];
    const invariant = boundedCounts[action] ?? "each action once";
    const message = `${action}: ${count}, fault-free ${faultFree[action as keyof ActionCounts]}`;
    return [{ invariant, message, at }];
  });
};

/** The invariants of counts that are bounded and not equal. */
const boundedCounts: Record<string, string> = { writes: "bounded writes", reconciles: "bounded reconciles" };
