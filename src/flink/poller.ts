import { isDeepStrictEqual } from "node:util";
import type {
  FlinkFacts,
  JobOverview,
  ObservedPart,
  Operation,
  OperationFacts,
  PollPlan,
  RestFailureKind,
} from "../api/flinkFacts.ts";
import type { Clock } from "../runtime/clock.ts";
import { type FlinkRest, FlinkRestError } from "./api.ts";
import {
  answered,
  ask,
  type Change,
  essenceOf,
  failed,
  foreignParts,
  hasEnded,
  jobOf,
  noFacts,
  withoutParts,
} from "./pollFacts.ts";
import { createLane } from "./pollLane.ts";
import { askOperation, type Followed, follow, takeAnswer, unasked } from "./pollOperations.ts";
import { type Due, defaultPaces, nextObservation, type Observation, type Paces } from "./pollSchedule.ts";

/**
 * Observes Flink clusters over REST by its own schedule, so that no pass ever waits for a JobManager. What each
 * cluster is asked, and how often, is its plan; what it answered last is read synchronously.
 *
 * A JobManager has at most one request of the poller in flight. One that hangs is from its first timeout on asked in
 * a lane of its own kind and ever more rarely: it delays nobody but those like it.
 */
export interface Poller {
  /** Sets what to observe of the cluster `key`, or forgets it. The same plan again changes nothing. */
  plan(key: string, plan: PollPlan | undefined): void;
  facts(key: string): FlinkFacts | undefined;
  /**
   * Asks for an operation of the cluster `key` until its end is known, for as long as the cluster has a plan; undefined:
   * no longer. The same operation again changes nothing. Each owner follows one.
   */
  follow(key: string, owner: string, operation: Operation | undefined): void;
  followed(owner: string): OperationFacts | undefined;
  /** Something happened to the cluster: its jobs, and the savepoint asked for, are looked at at once. */
  poke(key: string): void;
  counts(): PollerCounts;
  /** Forgets every cluster. */
  stop(): void;
}

export interface PollerCounts {
  clusters: number;
  failing: number;
  /** Calls sent and neither answered nor given up. */
  inFlight: number;
  /** Clusters that are due and wait for a place. */
  waiting: number;
  /** Clusters whose last call got no answer in time: asked in a lane of their own, ever more rarely. */
  silent: number;
  /** How long the cluster that waits longest is overdue, in milliseconds. */
  lagMs: number;
}

export interface PollerOptions {
  rest: FlinkRest;
  clock: Clock;
  /** Something of the cluster's facts that a decision may turn on is different now. */
  onFacts: (key: string) => void;
  /** What is known of the operation that this owner follows is different now. */
  onOperation?: (owner: string) => void;
  /** After each call, for metrics. `ms` is the time that it took. */
  onCall?: (what: Due["what"], outcome: "ok" | RestFailureKind, ms: number) => void;
  /** In [0, 1). */
  random?: () => number;
  /** Calls at once to JobManagers that answer; a quarter of it more to those that do not. */
  maxInFlight?: number;
  /** After so many milliseconds a call gives up its place among those at once. */
  slowAfterMs?: number;
  /** After so many milliseconds a call counts as failed, should the client not have said so before. */
  deadlineMs?: number;
  paces?: Partial<Paces>;
}

/** An interval gets longer by up to this share, never shorter: the budget of calls is an upper limit. */
const jitterShare = 0.1;

/** Flink's default of web.refresh-interval and rest.cache.checkpoint-statistics.timeout. */
const defaultCacheMs = 3_000;
const cacheMarginMs = 250;
/** After a question for an operation that was answered with an error, or not at all. */
const quickRetryMs = 1_000;
/** Flink's default of metrics.fetcher.update-interval: a call brings what the call before it had collected. */
const metricsMs = 10_000;

interface Cluster {
  readonly key: string;
  plan: PollPlan;
  facts: FlinkFacts;
  /** What was last told to onFacts. */
  essence: string;
  readonly asked: Map<Observation, number>;
  auxiliaryAt: number;
  pokedAt: number;
  endKnownAt: number | undefined;
  /** From when on Flink tells the exceptions of the job's last change. */
  exceptionsAt: number;
  readonly refreshAt: Map<ObservedPart, number>;
  operations: Map<string, Followed>;
  jitter: number;
  /** The last call got no answer in time. */
  suspect: boolean;
  state: "sleeping" | "waiting" | "asking" | "gone";
  cancelTimer: () => void;
}

export function createPoller(options: PollerOptions): Poller {
  const { rest, clock, onFacts, onCall, random = Math.random } = options;
  const paces: Paces = { ...defaultPaces, ...options.paces };
  const maxInFlight = options.maxInFlight ?? 64;
  const slowAfterMs = options.slowAfterMs ?? 250;
  const deadlineMs = options.deadlineMs ?? 12_000;
  const lane = createLane(clock, maxInFlight, slowAfterMs);
  const suspectLane = createLane(clock, Math.max(1, Math.floor(maxInFlight / 4)), slowAfterMs);
  const clusters = new Map<string, Cluster>();
  /** The operations that are followed, of each cluster; also of one that is not observed at present. */
  const operations = new Map<string, Map<string, Followed>>();
  /** Of which cluster an owner follows one. */
  const clusterOf = new Map<string, string>();
  let inFlight = 0;

  /** Sleeps until the next observation is due; a cluster that waits or is being asked comes here again by itself. */
  function schedule(cluster: Cluster): void {
    if (cluster.state !== "sleeping") {
      return;
    }
    cluster.cancelTimer();
    const wait = nextObservation(cluster, paces).dueAt - clock.now();
    if (wait > 0) {
      cluster.cancelTimer = clock.after(Math.ceil(wait), () => schedule(cluster));
    } else {
      cluster.state = "waiting";
      (cluster.suspect ? suspectLane : lane).enter(() => observe(cluster));
    }
  }

  async function observe(cluster: Cluster): Promise<void> {
    if (cluster.state === "gone") {
      return;
    }
    const { plan } = cluster;
    const { what, owner } = nextObservation(cluster, paces);
    const sentAt = clock.now();
    cluster.state = "asking";
    if (what === "operation") return observeOperation(cluster, owner ?? "", sentAt);
    cluster.asked.set(what, sentAt);
    cluster.refreshAt.delete(what as ObservedPart);
    if (what === "exceptions" && cluster.exceptionsAt > sentAt) {
      cluster.refreshAt.set("exceptions", cluster.exceptionsAt);
    }
    cluster.jitter = 1 + jitterShare * random();
    if (what !== "jobs" && what !== "savepoint" && what !== "metrics") {
      cluster.auxiliaryAt = sentAt;
    }
    inFlight += 1;
    const outcome = await settledBy(ask(rest, plan, what, sentAt), clock, deadlineMs);
    inFlight -= 1;
    const now = clock.now();
    const isFailure = outcome instanceof FlinkRestError;
    onCall?.(what, isFailure ? outcome.kind : "ok", now - sentAt);
    if (isGone(cluster)) {
      return;
    }
    cluster.state = "sleeping";
    cluster.suspect = isFailure && outcome.kind === "timeout";
    if (isFailure) {
      const { kind, status, message } = outcome;
      cluster.facts = failed(cluster.facts, what, { kind, status, message, at: now });
    } else {
      take(cluster, what, outcome, now);
    }
    tellIfChanged(cluster);
    schedule(cluster);
  }

  async function observeOperation(cluster: Cluster, owner: string, sentAt: number): Promise<void> {
    const followed = cluster.operations.get(owner);
    if (followed === undefined) return;
    followed.askedAt = sentAt;
    inFlight += 1;
    const outcome = await settledBy(askOperation(rest, cluster.plan.endpoint, followed), clock, deadlineMs);
    inFlight -= 1;
    const now = clock.now();
    const isFailure = outcome instanceof FlinkRestError;
    onCall?.("operation", isFailure ? outcome.kind : "ok", now - sentAt);
    if (isGone(cluster)) return;
    cluster.state = "sleeping";
    cluster.suspect = isFailure && outcome.kind === "timeout";
    if (isFailure) {
      followed.notBefore = now + (cluster.suspect ? paces.longestPauseMs : quickRetryMs);
    } else if (takeAnswer(followed, outcome, sentAt) && cluster.operations.get(owner) === followed) {
      options.onOperation?.(owner);
    }
    schedule(cluster);
  }

  function take(cluster: Cluster, what: Observation, change: Change, now: number): void {
    const before = cluster.facts;
    const facts = answered(before, what, change, now);
    // The plan may have turned to another job or trigger while the call was under way.
    cluster.facts = withoutParts(facts, foreignParts(facts, cluster.plan));
    if (what === "jobs") {
      followJob(cluster, jobOf(before, cluster.plan), now);
    }
    withoutStaleCheckpoints(cluster);
  }

  /** What the overview says of the plan's job decides when the parts that Flink caches are worth asking for. */
  function followJob(cluster: Cluster, before: JobOverview | undefined, now: number): void {
    const job = jobOf(cluster.facts, cluster.plan);
    const cachedUntil = now + (cluster.plan.cacheMs ?? defaultCacheMs) + cacheMarginMs;
    if (before !== undefined && before.lastModification !== job?.lastModification) {
      cluster.refreshAt.set("taskManagers", now);
      if (cluster.plan.want.metrics === true) cluster.refreshAt.set("metrics", now + metricsMs);
    }
    if (job !== undefined && mayHaveNewExceptions(before, job, now)) {
      // Told from a cache, and asked for also where the job changes faster than the cache does.
      cluster.exceptionsAt = cachedUntil;
      cluster.refreshAt.set("exceptions", cluster.refreshAt.get("exceptions") ?? cachedUntil);
    }
    cluster.endKnownAt = hasEnded(job) ? (cluster.endKnownAt ?? cachedUntil) : undefined;
  }

  /** What was asked before Flink's cache knew the end of the job may lack the snapshot that a successor needs. */
  function withoutStaleCheckpoints(cluster: Cluster): void {
    const { endKnownAt, facts } = cluster;
    if (endKnownAt !== undefined && facts.checkpoints !== undefined && facts.checkpoints.at < endKnownAt) {
      cluster.facts = withoutParts(facts, ["checkpoints"]);
    }
  }

  function tellIfChanged(cluster: Cluster): void {
    const essence = essenceOf(cluster.facts);
    if (essence !== cluster.essence) {
      cluster.essence = essence;
      onFacts(cluster.key);
    }
  }

  function replacePlan(cluster: Cluster, plan: PollPlan): void {
    const foreign = foreignParts(cluster.facts, plan);
    const isOtherJob = plan.jobId !== cluster.plan.jobId;
    cluster.plan = plan;
    cluster.facts = withoutParts(cluster.facts, foreign);
    for (const part of foreign) {
      cluster.asked.delete(part);
    }
    if (isOtherJob) {
      cluster.endKnownAt = undefined;
      followJob(cluster, undefined, clock.now());
    }
    cluster.essence = essenceOf(cluster.facts);
  }

  function remove(key: string): void {
    const cluster = clusters.get(key);
    if (cluster !== undefined) {
      cluster.cancelTimer();
      cluster.state = "gone";
      clusters.delete(key);
      if (cluster.operations.size === 0) operations.delete(key);
    }
  }

  function operationsOf(key: string): Map<string, Followed> {
    const known = operations.get(key) ?? new Map<string, Followed>();
    operations.set(key, known);
    return known;
  }

  /** What another cluster under this name said of an operation is not said of this one. */
  function add(key: string, plan: PollPlan): void {
    const known = operationsOf(key);
    for (const [owner, followed] of known) known.set(owner, unasked(followed));
    const facts = noFacts(plan.deploymentUid);
    const cluster: Cluster = {
      key,
      plan,
      facts,
      essence: essenceOf(facts),
      asked: new Map(),
      auxiliaryAt: 0,
      pokedAt: 0,
      endKnownAt: undefined,
      exceptionsAt: 0,
      refreshAt: new Map(),
      operations: operationsOf(key),
      jitter: 1,
      suspect: false,
      state: "sleeping",
      cancelTimer: () => {},
    };
    clusters.set(key, cluster);
    schedule(cluster);
  }

  return {
    plan(key, plan) {
      const cluster = clusters.get(key);
      if (plan === undefined || cluster === undefined || isOtherCluster(cluster.plan, plan)) {
        remove(key);
        if (plan !== undefined) {
          add(key, plan);
        }
      } else if (!isDeepStrictEqual(cluster.plan, plan)) {
        replacePlan(cluster, plan);
        schedule(cluster);
      }
    },

    facts: (key) => clusters.get(key)?.facts,

    follow(key, owner, operation) {
      const before = operations.get(clusterOf.get(owner) ?? "");
      const known = before?.get(owner);
      if (clusterOf.get(owner) === key && isDeepStrictEqual(known?.operation, operation)) return;
      before?.delete(owner);
      clusterOf.delete(owner);
      if (operation === undefined) return;
      operationsOf(key).set(owner, follow(operation, clock.now()));
      clusterOf.set(owner, key);
      const cluster = clusters.get(key);
      if (cluster !== undefined) schedule(cluster);
    },

    followed(owner) {
      const known = operations.get(clusterOf.get(owner) ?? "")?.get(owner);
      return known && { operation: known.operation, answer: known.answer };
    },

    poke(key) {
      const cluster = clusters.get(key);
      if (cluster !== undefined) {
        cluster.pokedAt = clock.now();
        for (const followed of cluster.operations.values()) followed.askedAt = undefined;
        schedule(cluster);
      }
    },

    counts: () => ({
      clusters: clusters.size,
      failing: [...clusters.values()].filter(({ facts }) => facts.consecutiveFailures > 0).length,
      inFlight,
      waiting: lane.waiting + suspectLane.waiting,
      silent: [...clusters.values()].filter(({ suspect }) => suspect).length,
      lagMs: [...clusters.values()]
        .filter(({ state }) => state === "waiting")
        .reduce((most, cluster) => Math.max(most, clock.now() - nextObservation(cluster, paces).dueAt), 0),
    }),

    stop() {
      for (const key of [...clusters.keys()]) {
        remove(key);
      }
    },
  };
}

/** How old a change may be whose exceptions are worth asking for when a job is seen for the first time. */
const recentMs = 30 * 60_000;

/** A restart between two overviews leaves its traces in the job's exceptions, and nowhere else. */
function mayHaveNewExceptions(before: JobOverview | undefined, job: JobOverview, now: number): boolean {
  if (before === undefined) {
    return now - job.lastModification < recentMs;
  }
  return (
    before.lastModification !== job.lastModification ||
    before.state !== job.state ||
    !isDeepStrictEqual(before.tasks, job.tasks)
  );
}

// Behind a function: the compiler does not see that an await lies between two looks at the state.
const isGone = (cluster: Cluster): boolean => cluster.state === "gone";

const isOtherCluster = (a: PollPlan, b: PollPlan): boolean =>
  a.deploymentUid !== b.deploymentUid ||
  a.endpoint.host !== b.endpoint.host ||
  a.endpoint.port !== b.endpoint.port;

/** What the call came to, at the latest after `ms`. Never rejects. */
function settledBy<T>(call: Promise<T>, clock: Clock, ms: number): Promise<T | FlinkRestError> {
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
