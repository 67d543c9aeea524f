import type { FlinkFacts, ObservedPart, PollPlan } from "../api/flinkFacts.ts";
import type { Observation } from "./observation.ts";
import { jobOf } from "./pollFacts.ts";
import { type Followed, operationDueAt } from "./pollOperations.ts";

/** What to ask a JobManager next, and when: pure, so that the budget of a settled job can be reckoned in a test. */

/** What to ask next; of an operation, which one. */
export interface Due {
  readonly what: Observation | "operation";
  readonly dueAt: number;
  readonly owner?: string;
}

export interface PollIntervals {
  /** Milliseconds between two overviews of a cluster in transition. */
  quickMs: number;
  /** A settled cluster gives one of its auxiliary parts, in turn, every so many milliseconds. */
  auxiliaryMs: number;
  /** No observation is repeated sooner than this, however often it is poked. */
  leastGapMs: number;
  /** Upper end of the pause after a failure. */
  longestPauseMs: number;
}

export const defaultPollIntervals: PollIntervals = {
  quickMs: 400,
  auxiliaryMs: 60_000,
  leastGapMs: 100,
  longestPauseMs: 30_000,
};

export interface ScheduleState {
  plan: PollPlan;
  facts: FlinkFacts;
  /** When each observation was last sent. */
  asked: ReadonlyMap<Observation, number>;
  /** When the last auxiliary part was sent. */
  auxiliaryAt: number;
  /** When the newest poke came. */
  pollRequestedAt: number;
  /** Since when Flink's caches know the end of the plan's job; undefined while the job goes on. */
  endKnownAt: number | undefined;
  /** When a part is to be asked again, however lately it was. */
  refreshAt: ReadonlyMap<ObservedPart, number>;
  /** The operations that are followed, by who does. */
  operations: ReadonlyMap<string, Followed>;
  /** Factor of at least 1 on each interval, drawn anew for each: keeps many clusters from marching in step. */
  jitter: number;
}

/** In the order in which they are asked where several are due at the same time. */
const parts: readonly ObservedPart[] = [
  "savepoint",
  "jobResult",
  "checkpoints",
  "config",
  "taskManagers",
  "exceptions",
  "metrics",
];

/** Milliseconds between two calls for a part of a cluster in transition, in units of the quick pace. */
const quickPeriods: Record<ObservedPart, number> = {
  // The job stands still from the moment that it is done.
  savepoint: 0.5,
  jobResult: 1,
  checkpoints: 2,
  config: 25,
  taskManagers: 5,
  // Not by the clock: where the job changed (poller.ts).
  exceptions: Number.POSITIVE_INFINITY,
  // Flink collects them every ten seconds.
  metrics: 25,
};

export function nextObservation(state: ScheduleState, paces: PollIntervals): Due {
  let next: Due = { what: "jobs", dueAt: overviewDueAt(state, paces) };
  // While the overview fails, nothing else is asked: it is the probe.
  if (state.facts.reachability === "ok") {
    for (const what of parts) {
      const dueAt = isOpen(what, state) ? partDueAt(what, state, paces) : Infinity;
      if (dueAt < next.dueAt) {
        next = { what, dueAt };
      }
    }
    for (const [owner, followed] of state.operations) {
      const dueAt = operationDueAt(followed, paces.quickMs);
      if (dueAt < next.dueAt) next = { what: "operation", dueAt, owner };
    }
  }
  return next;
}

function overviewDueAt(state: ScheduleState, paces: PollIntervals): number {
  const { facts, plan, jitter } = state;
  const asked = state.asked.get("jobs");
  if (asked === undefined) {
    return 0;
  }
  if (facts.lastFailure !== undefined) {
    // After the failure, not after the question: a timeout takes longer than most pauses.
    const dueAt = facts.lastFailure.at + pauseAfterFailures(facts, paces) * jitter;
    return earlierIfRequested(dueAt, asked, state, paces);
  }
  const pause = plan.pace === "quick" ? paces.quickMs : plan.intervalMs;
  return earlierIfRequested(asked + pause * jitter, asked, state, paces);
}

const earlierIfRequested = (
  dueAt: number,
  asked: number,
  state: ScheduleState,
  paces: PollIntervals,
): number => (asked > state.pollRequestedAt ? dueAt : Math.min(dueAt, asked + paces.leastGapMs));

/**
 * A hung JobManager costs a socket until the deadline, so its pauses double with each timeout. One that refuses or
 * answers with an error costs next to nothing and is probably starting: it is asked often at first, and the less
 * often the longer it fails.
 */
function pauseAfterFailures(facts: FlinkFacts, paces: PollIntervals): number {
  const { consecutiveFailures, lastFailure, failingSince } = facts;
  const doubled = paces.quickMs * 2 ** Math.min(consecutiveFailures - 1, 20);
  const failingFor = (lastFailure?.at ?? 0) - (failingSince ?? 0);
  const cap = lastFailure?.kind === "timeout" ? Infinity : Math.max(1_000, failingFor / 30);
  return Math.min(doubled, cap, paces.longestPauseMs);
}

/** Whether a part is wanted and can still change. */
function isOpen(what: ObservedPart, state: ScheduleState): boolean {
  const { plan, facts } = state;
  const { want, jobId } = plan;
  switch (what) {
    case "savepoint":
      return want.savepoint !== undefined && !isFinal(facts.savepoint?.status.state);
    case "jobResult":
      return want.jobResult === true && isThere(state) && facts.jobResult?.result === undefined;
    case "config":
      return want.config === true && (plan.pace === "quick" || facts.config === undefined);
    case "checkpoints":
      return want.checkpoints === true && isThere(state) && !hasLastCheckpoints(state);
    case "exceptions":
      return want.exceptions === true && isThere(state);
    case "metrics":
      return want.metrics === true && isThere(state);
    case "taskManagers":
      return want.taskManagers === true && (jobId === undefined || isThere(state));
  }
}

/**
 * The job can be asked about. Before, a JobManager answers with an error and writes it into its log, where users look
 * for the errors of their job.
 */
function isThere({ facts, plan }: ScheduleState): boolean {
  const job = jobOf(facts, plan);
  return job !== undefined && job.state !== "INITIALIZING";
}

const hasLastCheckpoints = ({ endKnownAt, facts }: ScheduleState): boolean =>
  endKnownAt !== undefined && facts.checkpoints !== undefined;

const isFinal = (state: string | undefined): boolean => state === "completed" || state === "failed";

function partDueAt(what: ObservedPart, state: ScheduleState, paces: PollIntervals): number {
  const asked = state.asked.get(what);
  const failure = state.facts.partFailures?.[what];
  // A part that hangs holds up the overview each time, since a JobManager is asked one thing at once.
  const afterFailure = failure?.kind === "timeout" ? failure.at + paces.longestPauseMs : 0;
  if (what === "checkpoints" && state.endKnownAt !== undefined) {
    // Asked earlier, it would come from the cache.
    const again = asked === undefined ? 0 : asked + quickPeriods.checkpoints * paces.quickMs;
    return Math.max(afterFailure, state.endKnownAt, again);
  }
  if (what === "exceptions") {
    return Math.max(afterFailure, state.refreshAt.get(what) ?? Infinity);
  }
  if (asked === undefined) {
    return 0;
  }
  const dueAt = Math.min(usualPartDueAt(what, asked, state, paces), state.refreshAt.get(what) ?? Infinity);
  return Math.max(afterFailure, dueAt);
}

function usualPartDueAt(
  what: ObservedPart,
  asked: number,
  state: ScheduleState,
  paces: PollIntervals,
): number {
  if (what === "savepoint") {
    return earlierIfRequested(asked + paces.quickMs, asked, state, paces);
  }
  if (state.plan.pace === "quick") {
    return asked + quickPeriods[what] * paces.quickMs;
  }
  // Counters are compared over windows of minutes: those who want them pay for a call of their own.
  if (what === "metrics") {
    return asked + paces.auxiliaryMs * state.jitter;
  }
  return what === longestUnasked(state) ? state.auxiliaryAt + paces.auxiliaryMs * state.jitter : Infinity;
}

/** Asked for at times of their own. */
const apart: ReadonlySet<ObservedPart> = new Set(["savepoint", "exceptions", "metrics"]);

function longestUnasked(state: ScheduleState): ObservedPart | undefined {
  let oldest: ObservedPart | undefined;
  let oldestAt = Infinity;
  for (const what of parts) {
    const asked = state.asked.get(what) ?? 0;
    if (!apart.has(what) && isOpen(what, state) && asked < oldestAt) {
      oldest = what;
      oldestAt = asked;
    }
  }
  return oldest;
}
