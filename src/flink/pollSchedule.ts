import type { FlinkFacts, ObservedPart, PollPlan } from "../api/flinkFacts.ts";
import type { Observation } from "./observation.ts";
import { cachedFor, jobOf } from "./pollFacts.ts";
import { type FollowedOperation, operationDueAt } from "./pollOperations.ts";

/** What to request from a JobManager next, and when. Pure, so that a test can compute the request rate of a settled job. */

/** The next request. `owner`: of which followed operation. */
export interface Due {
  readonly what: Observation | "operation" | "collection";
  readonly dueAt: number;
  readonly owner?: string;
}

export interface PollIntervals {
  /** Milliseconds between two overviews of a cluster in transition. */
  quickMs: number;
  /** For a settled cluster, milliseconds between two requests for auxiliary parts, which take turns. */
  auxiliaryMs: number;
  /** The same for a session cluster, whose TaskManagers come and go with its jobs. */
  sessionAuxiliaryMs: number;
  /** For a settled cluster, milliseconds between two requests for the metrics of a job. */
  metricsMs: number;
  /** The least time between two requests for the same observation, also with `pollNow`. */
  minGapMs: number;
  /** The longest delay after a failure. */
  maxPauseMs: number;
}

export const defaultPollIntervals: PollIntervals = {
  quickMs: 400,
  auxiliaryMs: 150_000,
  sessionAuxiliaryMs: 60_000,
  metricsMs: 60_000,
  minGapMs: 100,
  maxPauseMs: 30_000,
};

export interface ScheduleState {
  plan: PollPlan;
  facts: FlinkFacts;
  /** When each observation was last requested. */
  requestedAt: ReadonlyMap<Observation, number>;
  /** When the last auxiliary part was requested for a settled plan of the JobManager. */
  auxiliaryAt: number;
  /** Milliseconds between two of these requests, whichever plan they are for: the shortest of its plans. */
  auxiliaryGapMs: number;
  /** The time of the last `pollNow`. */
  pollRequestedAt: number;
  /** Since when the plan's owner has not decided on the newest facts. Undefined: it has. */
  undecidedSince: number | undefined;
  /** When Flink's caches show the end of the plan's job. Undefined while the job has not ended. */
  endKnownAt: number | undefined;
  /** When a part must be requested again, however recent the last request is. */
  refreshAt: ReadonlyMap<ObservedPart, number>;
  /** The followed operations, by owner. */
  operations: ReadonlyMap<string, FollowedOperation>;
  /** When the next request of its collection is due. Undefined: nothing is collected. */
  collectionDueAt?: number | undefined;
  /** A random factor of at least 1 for each interval, so that many clusters are not polled in lockstep. */
  jitter: number;
}

/** The order of requests that are due at the same time. */
const parts: readonly ObservedPart[] = [
  "savepoint",
  "parallelism",
  "jobResult",
  "checkpoints",
  "config",
  "taskManagers",
  "exceptions",
  "metrics",
];

/** The interval of each part of a cluster in transition, in units of that of the overview. */
const quickPeriods: Record<ObservedPart, number> = {
  // The job is down from the moment that the savepoint is complete.
  savepoint: 0.5,
  jobResult: 1,
  // Only while the parallelism is being changed.
  parallelism: 1,
  // Not before what was answered last has left Flink's cache.
  checkpoints: 2,
  config: 25,
  taskManagers: 5,
  // Not periodic: requested after a change of the job (pollTarget.ts).
  exceptions: Number.POSITIVE_INFINITY,
  // Flink updates them every ten seconds.
  metrics: 25,
};

export function nextObservation(state: ScheduleState, intervals: PollIntervals): Due {
  let next: Due = { what: "jobs", dueAt: overviewDueAt(state, intervals) };
  // While the overview fails, it is the only request: it probes the JobManager.
  if (state.facts.reachability === "ok") {
    for (const what of parts) {
      const dueAt = isPending(what, state) ? partDueAt(what, state, intervals) : Infinity;
      if (dueAt < next.dueAt) {
        next = { what, dueAt };
      }
    }
    for (const [owner, followed] of state.operations) {
      const dueAt = operationDueAt(followed, intervals.quickMs);
      if (dueAt < next.dueAt) next = { what: "operation", dueAt, owner };
    }
    const { collectionDueAt = Infinity } = state;
    if (isQueryable(state) && collectionDueAt < next.dueAt)
      next = { what: "collection", dueAt: collectionDueAt };
  }
  return next;
}

function overviewDueAt(state: ScheduleState, intervals: PollIntervals): number {
  const { facts, plan, jitter } = state;
  const requestedAt = state.requestedAt.get("jobs");
  if (requestedAt === undefined) {
    return 0;
  }
  if (facts.lastFailure !== undefined) {
    // Counted from the failure, not from the request: a timeout takes longer than most delays.
    const dueAt = facts.lastFailure.at + delayAfterFailures(facts, intervals) * jitter;
    return earlierIfRequested(dueAt, requestedAt, state, intervals);
  }
  const pause = plan.pace === "quick" ? quickPause(state, intervals) : plan.intervalMs;
  return earlierIfRequested(requestedAt + pause * jitter, requestedAt, state, intervals);
}

/**
 * The interval of a cluster in transition. It grows with the time that a change waits to be decided on: where many clusters start
 * at once, most of them wait for their turn, and new facts about them change nothing before it.
 */
function quickPause(
  { plan, requestedAt, undecidedSince }: ScheduleState,
  { quickMs }: PollIntervals,
): number {
  if (undecidedSince === undefined) return quickMs;
  const waitedMs = (requestedAt.get("jobs") ?? 0) - undecidedSince;
  return Math.max(quickMs, Math.min(waitedMs, plan.intervalMs));
}

const earlierIfRequested = (
  dueAt: number,
  requestedAt: number,
  state: ScheduleState,
  intervals: PollIntervals,
): number =>
  requestedAt > state.pollRequestedAt ? dueAt : Math.min(dueAt, requestedAt + intervals.minGapMs);

/**
 * A hung JobManager holds a socket until the deadline, so its delay doubles with each timeout. One that refuses the
 * connection or responds with an error is cheap to poll and is probably starting: its delay grows with the time since
 * the first failure.
 */
function delayAfterFailures(facts: FlinkFacts, intervals: PollIntervals): number {
  const { consecutiveFailures, lastFailure, failingSince } = facts;
  const doubled = intervals.quickMs * 2 ** Math.min(consecutiveFailures - 1, 20);
  const failingFor = (lastFailure?.at ?? 0) - (failingSince ?? 0);
  const cap = lastFailure?.kind === "timeout" ? Infinity : Math.max(1_000, failingFor / 30);
  return Math.min(doubled, cap, intervals.maxPauseMs);
}

/** Whether the plan requests a part that can still change. */
function isPending(what: ObservedPart, state: ScheduleState): boolean {
  const { plan, facts } = state;
  const { want, jobId } = plan;
  switch (what) {
    case "savepoint":
      return want.savepoint !== undefined && !isFinal(facts.savepoint?.status.state);
    case "jobResult":
      return want.jobResult === true && isQueryable(state) && facts.jobResult?.result === undefined;
    case "config":
      return want.config === true && (plan.pace === "quick" || facts.config === undefined);
    case "checkpoints":
      return want.checkpoints === true && isQueryable(state) && !hasLastCheckpoints(state);
    case "exceptions":
      return want.exceptions === true && isQueryable(state);
    case "metrics":
      return want.metrics === true && isQueryable(state);
    case "parallelism":
      return want.parallelism === true && isQueryable(state);
    case "taskManagers":
      return want.taskManagers === true && (jobId === undefined || isQueryable(state));
  }
}

/**
 * Whether the JobManager can answer requests about the job. Before that it responds with an error and logs it, where users
 * search for the errors of their job.
 */
function isQueryable({ facts, plan }: ScheduleState): boolean {
  const job = jobOf(facts, plan);
  return job !== undefined && job.state !== "INITIALIZING";
}

const hasLastCheckpoints = ({ endKnownAt, facts }: ScheduleState): boolean =>
  endKnownAt !== undefined && facts.checkpoints !== undefined;

const isFinal = (state: string | undefined): boolean => state === "completed" || state === "failed";

function partDueAt(what: ObservedPart, state: ScheduleState, intervals: PollIntervals): number {
  const requestedAt = state.requestedAt.get(what);
  const failure = state.facts.partFailures?.[what];
  // A part that times out delays the overview, since a JobManager has one request in flight.
  const afterFailure = failure?.kind === "timeout" ? failure.at + intervals.maxPauseMs : 0;
  if (what === "checkpoints" && state.endKnownAt !== undefined) {
    // An earlier response would come from Flink's cache.
    const again = requestedAt === undefined ? 0 : requestedAt + quickPeriods.checkpoints * intervals.quickMs;
    return Math.max(afterFailure, state.endKnownAt, again);
  }
  if (what === "exceptions") {
    return Math.max(afterFailure, state.refreshAt.get(what) ?? Infinity);
  }
  if (requestedAt === undefined) {
    return 0;
  }
  const dueAt = Math.min(
    usualPartDueAt(what, requestedAt, state, intervals),
    state.refreshAt.get(what) ?? Infinity,
  );
  return Math.max(afterFailure, dueAt);
}

function usualPartDueAt(
  what: ObservedPart,
  requestedAt: number,
  state: ScheduleState,
  intervals: PollIntervals,
): number {
  if (what === "savepoint") {
    return earlierIfRequested(requestedAt + intervals.quickMs, requestedAt, state, intervals);
  }
  if (state.plan.pace === "quick") {
    const cached = what === "checkpoints" ? cachedFor(state.plan.cacheMs) : 0;
    return requestedAt + Math.max(cached, quickPeriods[what] * quickPause(state, intervals));
  }
  // Counters are compared over windows of minutes, so plans with metrics have a separate periodic request.
  if (what === "metrics") {
    return requestedAt + intervals.metricsMs * state.jitter;
  }
  if (what !== leastRecentlyRequested(state)) return Infinity;
  const { auxiliaryAt, auxiliaryGapMs, jitter, plan } = state;
  return Math.max(
    auxiliaryAt + auxiliaryGapMs * jitter,
    requestedAt + auxiliaryMsOf(plan, intervals) * jitter,
  );
}

/** The jobs of a session cluster have longer turns than the cluster: its turns may not put off theirs for ever. */
export const auxiliaryMsOf = ({ jobId }: PollPlan, intervals: PollIntervals): number =>
  jobId === undefined ? intervals.sessionAuxiliaryMs : intervals.auxiliaryMs;

/** Observations that are not auxiliary: they have their own schedule. */
const ownSchedule: ReadonlySet<Observation> = new Set(["jobs", "savepoint", "exceptions", "metrics"]);

/** Whether a request for this plan takes the turn of the auxiliary parts. Plans in transition have no turns. */
export const takesAuxiliaryTurn = ({ pace }: PollPlan, what: Observation): boolean =>
  pace === "settled" && !ownSchedule.has(what);

function leastRecentlyRequested(state: ScheduleState): ObservedPart | undefined {
  let oldest: ObservedPart | undefined;
  let oldestAt = Infinity;
  for (const what of parts) {
    const requestedAt = state.requestedAt.get(what) ?? 0;
    if (!ownSchedule.has(what) && isPending(what, state) && requestedAt < oldestAt) {
      oldest = what;
      oldestAt = requestedAt;
    }
  }
  return oldest;
}
