import { isDeepStrictEqual } from "node:util";
import type {
  FlinkFacts,
  ObservedPart,
  Operation,
  OperationFacts,
  PollPlan,
  RestFailureKind,
} from "../api/flinkFacts.ts";
import type { Clock } from "../runtime/clock.ts";
import { type FlinkRest, FlinkRestError } from "./api.ts";
import type { Observation } from "./observation.ts";
import {
  beginCollection,
  type CollectedAnswers,
  type Collection,
  type CollectionState,
  completeRound,
  createCollections,
  endRound,
  nextPath,
  type Purpose,
  recordCollected,
} from "./pollCollection.ts";
import { cachedFor, factsAfterFailure, requestPart } from "./pollFacts.ts";
import {
  awaitsDetails,
  type FollowedOperation,
  follow,
  notYetRequested,
  recordAnswer,
  requestOperation,
} from "./pollOperations.ts";
import {
  auxiliaryMsOf,
  type Due,
  defaultPollIntervals,
  nextObservation,
  type PollIntervals,
  takesAuxiliaryTurn,
} from "./pollSchedule.ts";
import {
  applyAnswer,
  changePlan,
  forgetParallelism,
  hasChanged,
  markRequested,
  newPollTarget,
  type PollTarget,
  sharedObservations,
} from "./pollTarget.ts";
import { createRequestLimiter } from "./requestLimiter.ts";

/**
 * Polls Flink clusters over REST on its own schedule, so that no reconcile waits for a JobManager. A poll plan says what is
 * requested from a cluster and how often. The facts from the last responses are read synchronously.
 *
 * A JobManager has at most one request of the poller in flight. All plans for jobs of the same JobManager share one request
 * for its overview. After a timeout, a JobManager is polled through a separate limiter and with growing delays, so that it
 * delays only other unresponsive ones.
 */
export interface Poller {
  /**
   * Sets the poll plan of the cluster `key`, after each decision. Undefined: removes the cluster. An equal plan only says that
   * the facts were decided on.
   */
  plan(key: string, plan: PollPlan | undefined): void;
  facts(key: string): FlinkFacts | undefined;
  /**
   * Polls an operation of the job of the plan `key` until it has ended, while the plan exists. Undefined: stops that. An
   * equal operation changes nothing. Each owner follows one operation.
   */
  follow(key: string, owner: string, operation: Operation | undefined): void;
  followed(owner: string): OperationFacts | undefined;
  /**
   * Collects answers for the plan `key`, round after round, while the plan exists and the JobManager answers. Undefined: stops
   * that. One for the same job at the same interval goes on. Each purpose has one.
   */
  collect(key: string, collection: Collection | undefined, purpose?: Purpose): void;
  /** The answers about this job of the last complete round, once. */
  takeCollected(key: string, jobId: string, purpose?: Purpose): CollectedAnswers | undefined;
  /** When the answers came that were taken last, in milliseconds since the epoch. Undefined: none did. */
  collectedAt(key: string, purpose: Purpose): number | undefined;
  /**
   * Polls the overview, the savepoint and the followed operations of a cluster at once, since something has changed. `part`: this one,
   * too.
   */
  pollNow(key: string, part?: ObservedPart): void;
  counts(): PollerCounts;
  /** Removes every cluster. */
  stop(): void;
}

export interface PollerCounts {
  clusters: number;
  failing: number;
  /** Requests in flight. */
  inFlight: number;
  /** Clusters that are due and wait for the limiter. */
  waiting: number;
  /** Clusters whose last request timed out. */
  silent: number;
  /** How long the most overdue cluster has been due, in milliseconds. */
  lagMs: number;
  /** Entries by cluster, JobManager or owner. 0 after all of them are removed. */
  entries: number;
}

export interface PollerOptions {
  rest: FlinkRest;
  clock: Clock;
  /** Called when the facts of a cluster that decisions depend on have changed. */
  onFacts: (key: string) => void;
  /** Called when the status of the operation that this owner follows has changed. */
  onOperation?: (owner: string) => void;
  /** Called when a round of the collection for this key is complete. */
  onCollected?: (key: string, purpose: Purpose) => void;
  /** Called with what should never be thrown, as by an answer that is not understood. Polling goes on. */
  onError?: (key: string, error: unknown) => void;
  /** Called after each request, for metrics, with its duration. */
  onCall?: (what: Due["what"], outcome: "ok" | RestFailureKind, ms: number) => void;
  /** In [0, 1). */
  random?: () => number;
  /** Concurrent requests to responsive JobManagers. Unresponsive ones have a quarter of that in addition. */
  maxInFlight?: number;
  /** After this many milliseconds a request no longer counts as concurrent. */
  slowAfterMs?: number;
  /** After this many milliseconds a request counts as failed, even if the client has not reported that. */
  deadlineMs?: number;
  intervals?: Partial<PollIntervals>;
}

/** The jitter lengthens an interval by up to this share and never shortens it: the request rate has an upper limit. */
const jitterShare = 0.1;

/** The delay after a failed request for an operation. */
const operationRetryMs = 1_000;

/** One JobManager. Its requests, for all of its plans, are sent one after the other. */
interface JobManager {
  readonly id: string;
  readonly targets: Set<ScheduledTarget>;
  auxiliaryAt: number;
  jitter: number;
  /** Whether the last request timed out. */
  unresponsive: boolean;
  /** Whether it has listed TaskManagers since it was last unreachable. */
  hasResourceManager: boolean;
  state: "sleeping" | "waiting" | "requesting" | "removed";
  cancelTimer: () => void;
}

interface ScheduledTarget extends PollTarget {
  readonly jobManager: JobManager;
}

export function createPoller(options: PollerOptions): Poller {
  const { rest, clock, onFacts, onCall, random = Math.random } = options;
  const intervals: PollIntervals = { ...defaultPollIntervals, ...options.intervals };
  const maxInFlight = options.maxInFlight ?? 64;
  const slowAfterMs = options.slowAfterMs ?? 250;
  const deadlineMs = options.deadlineMs ?? 12_000;
  const limiter = createRequestLimiter(clock, maxInFlight, slowAfterMs);
  const unresponsiveLimiter = createRequestLimiter(
    clock,
    Math.max(1, Math.floor(maxInFlight / 4)),
    slowAfterMs,
  );
  const targets = new Map<string, ScheduledTarget>();
  const jobManagers = new Map<string, JobManager>();
  /** The followed operations by plan key, also for keys without a plan at present. */
  const operations = new Map<string, Map<string, FollowedOperation>>();
  /** The plan key of the operation that an owner follows. */
  const planOf = new Map<string, string>();
  const collections = createCollections();
  let inFlight = 0;

  /** Schedules the next request. A JobManager that waits or has a request in flight calls this again itself. */
  function schedule(jobManager: JobManager): void {
    if (jobManager.state !== "sleeping") {
      return;
    }
    jobManager.cancelTimer();
    const next = nextOf(jobManager);
    if (next === undefined) {
      return;
    }
    const wait = inBatches(next.dueAt, clock.now()) - clock.now();
    if (wait > 0) {
      jobManager.cancelTimer = clock.after(Math.ceil(wait), () => schedule(jobManager));
    } else {
      jobManager.state = "waiting";
      (jobManager.unresponsive ? unresponsiveLimiter : limiter).enter(() => observe(jobManager));
    }
  }

  /** The next request for any of its plans. Of requests that are due together, the least recent one comes first. */
  function nextOf(jobManager: JobManager): DueOfTarget | undefined {
    let next: DueOfTarget | undefined;
    const auxiliaryGapMs = Math.min(
      ...[...jobManager.targets].map(({ plan }) => auxiliaryMsOf(plan, intervals)),
    );
    for (const target of jobManager.targets) {
      const { auxiliaryAt, jitter } = jobManager;
      const collectionDueAt = collections.next(target.key)?.dueAt;
      const state = { ...target, auxiliaryAt, auxiliaryGapMs, jitter, collectionDueAt };
      const due = { target, ...nextObservation(state, intervals) };
      if (next === undefined || isSooner(due, next)) {
        next = due;
      }
    }
    return next;
  }

  async function observe(jobManager: JobManager): Promise<void> {
    const next = jobManager.state === "removed" ? undefined : nextOf(jobManager);
    if (next === undefined) return;
    jobManager.state = "requesting";
    const { target, what, owner = "" } = next;
    try {
      if (what === "operation") await observeOperation(target, owner);
      else if (what === "collection") await collectNext(target);
      else await observePart(target, what);
    } catch (error) {
      options.onError?.(target.key, error);
    }
    if (isRemoved(jobManager)) return;
    jobManager.state = "sleeping";
    schedule(jobManager);
  }

  async function observePart(target: ScheduledTarget, what: Observation): Promise<void> {
    const { jobManager, plan } = target;
    const sentAt = clock.now();
    const before = target.requestedAt.get(what);
    const affected = () =>
      [...jobManager.targets].filter((each) => sharedObservations.has(what) || each === target);
    for (const each of affected()) markRequested(each, what, sentAt);
    jobManager.jitter = 1 + jitterShare * random();
    if (takesAuxiliaryTurn(plan, what)) jobManager.auxiliaryAt = sentAt;
    const outcome = await call(
      jobManager,
      what,
      requestPart(rest, plan, what, sentAt, jobManager.hasResourceManager, before),
    );
    const isAnswered = !(outcome instanceof FlinkRestError);
    if (what === "taskManagers" && isAnswered) jobManager.hasResourceManager = true;
    if (what === "jobs" && !isAnswered) jobManager.hasResourceManager = false;
    const now = clock.now();
    for (const each of affected()) {
      if (outcome instanceof FlinkRestError) {
        const { kind, status, message } = outcome;
        each.facts = factsAfterFailure(each.facts, what, { kind, status, message, at: now });
      } else {
        applyAnswer(each, what, outcome, now);
      }
      // Covers a plan that was added while the request was in flight.
      each.requestedAt.set(what, Math.max(each.requestedAt.get(what) ?? 0, sentAt));
      reportChange(each, now);
    }
  }

  function reportChange(target: ScheduledTarget, now: number): void {
    if (!hasChanged(target)) return;
    target.undecidedSince ??= now;
    onFacts(target.key);
  }

  async function observeOperation(target: ScheduledTarget, owner: string): Promise<void> {
    const { jobManager, plan, operations: known } = target;
    const followed = known.get(owner);
    if (followed === undefined) return;
    const sentAt = clock.now();
    followed.requestedAt = sentAt;
    const outcome = await call(jobManager, "operation", requestOperation(rest, plan.endpoint, followed));
    if (outcome instanceof FlinkRestError) {
      followed.notBefore = clock.now() + (jobManager.unresponsive ? intervals.maxPauseMs : operationRetryMs);
    } else if (!isRemoved(jobManager)) {
      const isNew = recordAnswer(followed, outcome, sentAt);
      if (isNew && awaitsDetails(followed)) followed.notBefore = clock.now() + cachedFor(plan.cacheMs);
      if (isNew && known.get(owner) === followed) options.onOperation?.(owner);
    }
  }

  async function collectNext(target: ScheduledTarget): Promise<void> {
    const state = collections.next(target.key);
    if (state === undefined) return;
    try {
      await requestNext(target, state);
    } catch (error) {
      // The next round is as far away as after any other.
      endRound(state, clock.now());
      throw error;
    }
  }

  async function requestNext(
    { jobManager, plan, key }: ScheduledTarget,
    state: CollectionState,
  ): Promise<void> {
    const path = nextPath(state, clock.now());
    if (path === undefined) {
      completeRound(state, clock.now());
      options.onCollected?.(key, state.purpose);
      return;
    }
    const outcome = await call(jobManager, "collection", rest.read(plan.endpoint, path));
    if (collections.get(key, state.purpose) !== state) return;
    const now = clock.now();
    if (!(outcome instanceof FlinkRestError)) {
      if (recordCollected(state, path, { body: outcome.body }, now))
        options.onCollected?.(key, state.purpose);
    } else if (outcome.kind === "answered") {
      if (recordCollected(state, path, { error: outcome.message }, now))
        options.onCollected?.(key, state.purpose);
    } else endRound(state, now);
  }

  /** Resolves to the result of a request, or its error. */
  async function call<T>(
    jobManager: JobManager,
    what: Due["what"],
    answer: Promise<T>,
  ): Promise<T | FlinkRestError> {
    const sentAt = clock.now();
    inFlight += 1;
    const outcome = await withDeadline(answer, clock, deadlineMs);
    inFlight -= 1;
    const failure = outcome instanceof FlinkRestError ? outcome.kind : undefined;
    onCall?.(what, failure ?? "ok", clock.now() - sentAt);
    jobManager.unresponsive = failure === "timeout";
    return outcome;
  }

  function remove(key: string): void {
    const target = targets.get(key);
    if (target === undefined) {
      return;
    }
    const { jobManager } = target;
    targets.delete(key);
    jobManager.targets.delete(target);
    removeIfUnused(key);
    if (jobManager.targets.size === 0) {
      jobManager.cancelTimer();
      jobManager.state = "removed";
      jobManagers.delete(jobManager.id);
    }
  }

  /** Removes the operations of a key that has neither a plan nor a followed operation. */
  function removeIfUnused(key: string): void {
    if (!targets.has(key) && operations.get(key)?.size === 0) operations.delete(key);
  }

  function operationsOf(key: string): Map<string, FollowedOperation> {
    const known = operations.get(key) ?? new Map<string, FollowedOperation>();
    operations.set(key, known);
    return known;
  }

  function add(key: string, plan: PollPlan): void {
    // What another JobManager has answered says nothing of this one.
    collections.beginAnew(key, clock.now());
    // The status of an operation at an earlier cluster with this name does not hold for this one.
    const known = operationsOf(key);
    for (const [owner, followed] of known) known.set(owner, notYetRequested(followed));
    const id = jobManagerOf(plan);
    const jobManager = jobManagers.get(id) ?? {
      id,
      targets: new Set<ScheduledTarget>(),
      auxiliaryAt: 0,
      jitter: 1,
      unresponsive: false,
      hasResourceManager: false,
      state: "sleeping" as const,
      cancelTimer: () => {},
    };
    jobManagers.set(id, jobManager);
    const [other] = jobManager.targets;
    const target = { ...newPollTarget(key, plan, known, other, clock.now()), jobManager };
    targets.set(key, target);
    jobManager.targets.add(target);
    reportChange(target, clock.now());
    schedule(jobManager);
  }

  return {
    plan(key, plan) {
      const target = targets.get(key);
      if (plan === undefined || target === undefined || isOtherCluster(target.plan, plan)) {
        remove(key);
        if (plan !== undefined) {
          add(key, plan);
        }
        return;
      }
      const isChanged = !isDeepStrictEqual(target.plan, plan);
      if (isChanged) changePlan(target, plan, clock.now());
      if (!isChanged && target.undecidedSince === undefined) return;
      target.undecidedSince = undefined;
      schedule(target.jobManager);
    },

    facts: (key) => targets.get(key)?.facts,

    follow(key, owner, operation) {
      const before = planOf.get(owner) ?? "";
      const known = operations.get(before)?.get(owner);
      if (before === key && isDeepStrictEqual(known?.operation, operation)) return;
      operations.get(before)?.delete(owner);
      planOf.delete(owner);
      removeIfUnused(before);
      if (operation === undefined) return;
      operationsOf(key).set(owner, follow(operation, clock.now()));
      planOf.set(owner, key);
      const target = targets.get(key);
      if (target !== undefined) schedule(target.jobManager);
    },

    followed(owner) {
      const known = operations.get(planOf.get(owner) ?? "")?.get(owner);
      return known && { operation: known.operation, answer: known.answer };
    },

    collect(key, collection, purpose = "autoscaler") {
      const state = collections.get(key, purpose);
      if (collection === undefined) {
        collections.delete(key, purpose);
        return;
      }
      const { jobId, intervalMs } = state?.collection ?? {};
      if (state !== undefined && jobId === collection.jobId && intervalMs === collection.intervalMs) {
        state.collection = collection;
        return;
      }
      collections.set(key, beginCollection(collection, clock.now(), purpose));
      const target = targets.get(key);
      if (target !== undefined) schedule(target.jobManager);
    },

    takeCollected(key, jobId, purpose = "autoscaler") {
      const state = collections.get(key, purpose);
      if (state?.collection.jobId !== jobId) return undefined;
      const { complete } = state;
      state.complete = undefined;
      return complete;
    },

    collectedAt: (key, purpose) => collections.get(key, purpose)?.completedAt,

    pollNow(key, part) {
      const target = targets.get(key);
      if (target !== undefined) {
        target.pollRequestedAt = clock.now();
        if (part !== undefined) target.refreshAt.set(part, clock.now());
        forgetParallelism(target, clock.now());
        for (const followed of target.operations.values()) followed.requestedAt = undefined;
        schedule(target.jobManager);
      }
    },

    counts: () => ({
      clusters: jobManagers.size,
      failing: [...jobManagers.values()].filter(
        ({ targets: [one] }) => (one?.facts.consecutiveFailures ?? 0) > 0,
      ).length,
      inFlight,
      waiting: limiter.waiting + unresponsiveLimiter.waiting,
      silent: [...jobManagers.values()].filter(({ unresponsive }) => unresponsive).length,
      lagMs: [...jobManagers.values()]
        .filter(({ state }) => state === "waiting")
        .reduce((most, each) => Math.max(most, clock.now() - (nextOf(each)?.dueAt ?? clock.now())), 0),
      entries: targets.size + jobManagers.size + operations.size + planOf.size + collections.size,
    }),

    stop() {
      for (const key of [...targets.keys()]) {
        remove(key);
      }
      collections.clear();
    },
  };
}

interface DueOfTarget extends Due {
  readonly target: ScheduledTarget;
}

function isSooner(one: DueOfTarget, other: DueOfTarget): boolean {
  return one.dueAt === other.dueAt ? lastRequested(one) < lastRequested(other) : one.dueAt < other.dueAt;
}

/**
 * At rest, requests are sent in batches, at most four a second: a process that wakes up for each single one needs several times
 * as much CPU for it.
 */
const batchMs = 250;

/** What is due soon is not put off: somebody waits for it. */
const inBatches = (dueAt: number, now: number): number =>
  dueAt - now < 1_000 ? dueAt : Math.ceil(dueAt / batchMs) * batchMs;

const lastRequested = ({ target, what }: DueOfTarget): number =>
  what === "operation" || what === "collection" ? 0 : (target.requestedAt.get(what) ?? 0);

const jobManagerOf = ({ deploymentUid, endpoint: { host, port } }: PollPlan): string =>
  `${deploymentUid} ${host} ${port}`;

// A function, since the compiler ignores that the state can change during an await.
const isRemoved = (jobManager: JobManager): boolean => jobManager.state === "removed";

const isOtherCluster = (a: PollPlan, b: PollPlan): boolean =>
  a.deploymentUid !== b.deploymentUid ||
  a.endpoint.host !== b.endpoint.host ||
  a.endpoint.port !== b.endpoint.port;

/** Resolves to the result of a call, its error, or a timeout error after `ms`. Never rejects. */
function withDeadline<T>(call: Promise<T>, clock: Clock, ms: number): Promise<T | FlinkRestError> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () =>
      resolve(new FlinkRestError(0, "timeout", `no answer within ${ms} ms`)),
    );
    const settle = (outcome: T | FlinkRestError) => {
      cancel();
      resolve(outcome);
    };
    call.then(settle, (error: unknown) =>
      settle(error instanceof FlinkRestError ? error : new FlinkRestError(0, "broken", String(error))),
    );
  });
}
