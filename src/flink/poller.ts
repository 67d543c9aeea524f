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
 * A JobManager has at most one request of the poller in flight, and is asked for its overview once, however many plans are
 * about jobs of its. One that hangs is from its first timeout on asked in
 * a lane of its own kind and ever more rarely: it delays nobody but those like it.
 */
export interface Poller {
  /** Sets what to observe of the cluster `key`, or forgets it. The same plan again changes nothing. */
  plan(key: string, plan: PollPlan | undefined): void;
  facts(key: string): FlinkFacts | undefined;
  /**
   * Asks for an operation of the job of the plan `key` until its end is known, for as long as there is a plan; undefined:
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

/** One JobManager: what is asked of it, for however many plans, is asked one after the other. */
interface JobManager {
  readonly id: string;
  readonly members: Set<Member>;
  auxiliaryAt: number;
  jitter: number;
  /** The last call got no answer in time. */
  suspect: boolean;
  state: "sleeping" | "waiting" | "asking" | "gone";
  cancelTimer: () => void;
}

/** One plan. What the whole JobManager says, each of its plans knows; what is about one job, its plan alone. */
interface Member {
  readonly key: string;
  readonly jobManager: JobManager;
  plan: PollPlan;
  facts: FlinkFacts;
  /** What was last told to onFacts. */
  essence: string;
  readonly asked: Map<Observation, number>;
  pokedAt: number;
  endKnownAt: number | undefined;
  /** From when on Flink tells the exceptions of the job's last change. */
  exceptionsAt: number;
  readonly refreshAt: Map<ObservedPart, number>;
  readonly operations: Map<string, Followed>;
  gone: boolean;
}

/** Asked once for all plans of a JobManager. */
const shared: ReadonlySet<Due["what"]> = new Set(["jobs", "config", "taskManagers"]);

export function createPoller(options: PollerOptions): Poller {
  const { rest, clock, onFacts, onCall, random = Math.random } = options;
  const paces: Paces = { ...defaultPaces, ...options.paces };
  const maxInFlight = options.maxInFlight ?? 64;
  const slowAfterMs = options.slowAfterMs ?? 250;
  const deadlineMs = options.deadlineMs ?? 12_000;
  const lane = createLane(clock, maxInFlight, slowAfterMs);
  const suspectLane = createLane(clock, Math.max(1, Math.floor(maxInFlight / 4)), slowAfterMs);
  const members = new Map<string, Member>();
  const jobManagers = new Map<string, JobManager>();
  /** The operations that are followed, of each plan; also where nothing is observed at present. */
  const operations = new Map<string, Map<string, Followed>>();
  /** Of which plan an owner follows one. */
  const planOf = new Map<string, string>();
  let inFlight = 0;

  /** Sleeps until the next observation is due; a JobManager that waits or is being asked comes here again by itself. */
  function schedule(jobManager: JobManager): void {
    if (jobManager.state !== "sleeping") {
      return;
    }
    jobManager.cancelTimer();
    const next = nextOf(jobManager);
    if (next === undefined) {
      return;
    }
    const wait = next.dueAt - clock.now();
    if (wait > 0) {
      jobManager.cancelTimer = clock.after(Math.ceil(wait), () => schedule(jobManager));
    } else {
      jobManager.state = "waiting";
      (jobManager.suspect ? suspectLane : lane).enter(() => observe(jobManager));
    }
  }

  /** The earliest of what its plans want; of those that are due together, what was not asked for longest. */
  function nextOf(jobManager: JobManager): DueOfMember | undefined {
    let next: DueOfMember | undefined;
    for (const member of jobManager.members) {
      const { auxiliaryAt, jitter } = jobManager;
      const due = { member, ...nextObservation({ ...member, auxiliaryAt, jitter }, paces) };
      if (next === undefined || isSooner(due, next)) {
        next = due;
      }
    }
    return next;
  }

  async function observe(jobManager: JobManager): Promise<void> {
    const next = jobManager.state === "gone" ? undefined : nextOf(jobManager);
    if (next === undefined) {
      return;
    }
    const { member, what, owner } = next;
    const { plan } = member;
    const sentAt = clock.now();
    if (what === "operation") return observeOperation(member, owner ?? "", sentAt);
    const concerned = () => (shared.has(what) ? [...jobManager.members] : member.gone ? [] : [member]);
    jobManager.state = "asking";
    for (const { asked, refreshAt } of concerned()) {
      asked.set(what, sentAt);
      refreshAt.delete(what as ObservedPart);
    }
    if (what === "exceptions" && member.exceptionsAt > sentAt) {
      member.refreshAt.set("exceptions", member.exceptionsAt);
    }
    jobManager.jitter = 1 + jitterShare * random();
    if (what !== "jobs" && what !== "savepoint" && what !== "metrics") {
      jobManager.auxiliaryAt = sentAt;
    }
    inFlight += 1;
    const outcome = await settledBy(ask(rest, plan, what, sentAt), clock, deadlineMs);
    inFlight -= 1;
    const now = clock.now();
    const isFailure = outcome instanceof FlinkRestError;
    onCall?.(what, isFailure ? outcome.kind : "ok", now - sentAt);
    if (isGone(jobManager)) {
      return;
    }
    jobManager.state = "sleeping";
    jobManager.suspect = isFailure && outcome.kind === "timeout";
    for (const each of concerned()) {
      if (isFailure) {
        const { kind, status, message } = outcome;
        each.facts = failed(each.facts, what, { kind, status, message, at: now });
      } else {
        take(each, what, outcome, now);
      }
      // One that joined meanwhile has been asked for too.
      each.asked.set(what, Math.max(each.asked.get(what) ?? 0, sentAt));
      tellIfChanged(each);
    }
    schedule(jobManager);
  }

  async function observeOperation(member: Member, owner: string, sentAt: number): Promise<void> {
    const { jobManager, plan } = member;
    jobManager.state = "asking";
    const followed = member.operations.get(owner);
    if (followed === undefined) return;
    followed.askedAt = sentAt;
    inFlight += 1;
    const outcome = await settledBy(askOperation(rest, plan.endpoint, followed), clock, deadlineMs);
    inFlight -= 1;
    const now = clock.now();
    const isFailure = outcome instanceof FlinkRestError;
    onCall?.("operation", isFailure ? outcome.kind : "ok", now - sentAt);
    if (isGone(jobManager)) return;
    jobManager.state = "sleeping";
    jobManager.suspect = isFailure && outcome.kind === "timeout";
    if (isFailure) {
      followed.notBefore = now + (jobManager.suspect ? paces.longestPauseMs : quickRetryMs);
    } else if (takeAnswer(followed, outcome, sentAt) && member.operations.get(owner) === followed) {
      options.onOperation?.(owner);
    }
    schedule(jobManager);
  }

  function take(member: Member, what: Observation, change: Change, now: number): void {
    const before = member.facts;
    const facts = answered(before, what, change, now);
    // The plan may have turned to another job or trigger while the call was under way.
    member.facts = withoutParts(facts, foreignParts(facts, member.plan));
    if (what === "jobs") {
      followJob(member, jobOf(before, member.plan), now);
    }
    withoutStaleCheckpoints(member);
  }

  /** What the overview says of the plan's job decides when the parts that Flink caches are worth asking for. */
  function followJob(member: Member, before: JobOverview | undefined, now: number): void {
    const job = jobOf(member.facts, member.plan);
    const cachedUntil = now + (member.plan.cacheMs ?? defaultCacheMs) + cacheMarginMs;
    if (before !== undefined && before.lastModification !== job?.lastModification) {
      member.refreshAt.set("taskManagers", now);
      if (member.plan.want.metrics === true) member.refreshAt.set("metrics", now + metricsMs);
    }
    if (job !== undefined && mayHaveNewExceptions(before, job, now)) {
      // Told from a cache, and asked for also where the job changes faster than the cache does.
      member.exceptionsAt = cachedUntil;
      member.refreshAt.set("exceptions", member.refreshAt.get("exceptions") ?? cachedUntil);
    }
    member.endKnownAt = hasEnded(job) ? (member.endKnownAt ?? cachedUntil) : undefined;
  }

  /** What was asked before Flink's cache knew the end of the job may lack the snapshot that a successor needs. */
  function withoutStaleCheckpoints(member: Member): void {
    const { endKnownAt, facts } = member;
    if (endKnownAt !== undefined && facts.checkpoints !== undefined && facts.checkpoints.at < endKnownAt) {
      member.facts = withoutParts(facts, ["checkpoints"]);
    }
  }

  function tellIfChanged(member: Member): void {
    const essence = essenceOf(member.facts, member.plan);
    if (essence !== member.essence) {
      member.essence = essence;
      onFacts(member.key);
    }
  }

  function replacePlan(member: Member, plan: PollPlan): void {
    const foreign = foreignParts(member.facts, plan);
    const isOtherJob = plan.jobId !== member.plan.jobId;
    member.plan = plan;
    member.facts = withoutParts(member.facts, foreign);
    for (const part of foreign) {
      member.asked.delete(part);
    }
    if (isOtherJob) {
      member.endKnownAt = undefined;
      followJob(member, undefined, clock.now());
    }
    member.essence = essenceOf(member.facts, plan);
  }

  function remove(key: string): void {
    const member = members.get(key);
    if (member === undefined) {
      return;
    }
    const { jobManager } = member;
    member.gone = true;
    members.delete(key);
    jobManager.members.delete(member);
    if (member.operations.size === 0) operations.delete(key);
    if (jobManager.members.size === 0) {
      jobManager.cancelTimer();
      jobManager.state = "gone";
      jobManagers.delete(jobManager.id);
    }
  }

  function operationsOf(key: string): Map<string, Followed> {
    const known = operations.get(key) ?? new Map<string, Followed>();
    operations.set(key, known);
    return known;
  }

  function add(key: string, plan: PollPlan): void {
    // What another cluster under this name said of an operation is not said of this one.
    const known = operationsOf(key);
    for (const [owner, followed] of known) known.set(owner, unasked(followed));
    const id = jobManagerOf(plan);
    const jobManager = jobManagers.get(id) ?? {
      id,
      members: new Set<Member>(),
      auxiliaryAt: 0,
      jitter: 1,
      suspect: false,
      state: "sleeping" as const,
      cancelTimer: () => {},
    };
    jobManagers.set(id, jobManager);
    const [other] = jobManager.members;
    const facts = {
      ...noFacts(plan.deploymentUid),
      ...(other === undefined ? {} : sharedFacts(other.facts)),
    };
    const member: Member = {
      key,
      jobManager,
      plan,
      facts,
      essence: essenceOf(noFacts(plan.deploymentUid), plan),
      asked: new Map([...(other?.asked ?? [])].filter(([what]) => shared.has(what))),
      pokedAt: 0,
      endKnownAt: undefined,
      exceptionsAt: 0,
      refreshAt: new Map(),
      operations: known,
      gone: false,
    };
    members.set(key, member);
    jobManager.members.add(member);
    followJob(member, undefined, clock.now());
    tellIfChanged(member);
    schedule(jobManager);
  }

  return {
    plan(key, plan) {
      const member = members.get(key);
      if (plan === undefined || member === undefined || isOtherCluster(member.plan, plan)) {
        remove(key);
        if (plan !== undefined) {
          add(key, plan);
        }
      } else if (!isDeepStrictEqual(member.plan, plan)) {
        replacePlan(member, plan);
        schedule(member.jobManager);
      }
    },

    facts: (key) => members.get(key)?.facts,

    follow(key, owner, operation) {
      const before = operations.get(planOf.get(owner) ?? "");
      const known = before?.get(owner);
      if (planOf.get(owner) === key && isDeepStrictEqual(known?.operation, operation)) return;
      before?.delete(owner);
      planOf.delete(owner);
      if (operation === undefined) return;
      operationsOf(key).set(owner, follow(operation, clock.now()));
      planOf.set(owner, key);
      const member = members.get(key);
      if (member !== undefined) schedule(member.jobManager);
    },

    followed(owner) {
      const known = operations.get(planOf.get(owner) ?? "")?.get(owner);
      return known && { operation: known.operation, answer: known.answer };
    },

    poke(key) {
      const member = members.get(key);
      if (member !== undefined) {
        member.pokedAt = clock.now();
        for (const followed of member.operations.values()) followed.askedAt = undefined;
        schedule(member.jobManager);
      }
    },

    counts: () => ({
      clusters: jobManagers.size,
      failing: [...jobManagers.values()].filter(
        ({ members: [one] }) => (one?.facts.consecutiveFailures ?? 0) > 0,
      ).length,
      inFlight,
      waiting: lane.waiting + suspectLane.waiting,
      silent: [...jobManagers.values()].filter(({ suspect }) => suspect).length,
      lagMs: [...jobManagers.values()]
        .filter(({ state }) => state === "waiting")
        .reduce((most, each) => Math.max(most, clock.now() - (nextOf(each)?.dueAt ?? clock.now())), 0),
    }),

    stop() {
      for (const key of [...members.keys()]) {
        remove(key);
      }
    },
  };
}

interface DueOfMember extends Due {
  readonly member: Member;
}

function isSooner(one: DueOfMember, other: DueOfMember): boolean {
  return one.dueAt === other.dueAt ? lastAsked(one) < lastAsked(other) : one.dueAt < other.dueAt;
}

const lastAsked = ({ member, what }: DueOfMember): number =>
  what === "operation" ? 0 : (member.asked.get(what) ?? 0);

const jobManagerOf = ({ deploymentUid, endpoint: { host, port } }: PollPlan): string =>
  `${deploymentUid} ${host} ${port}`;

/** What another plan knows of the same JobManager. */
const sharedFacts = ({
  checkpoints,
  jobResult,
  savepoint,
  exceptions,
  metrics,
  partFailures,
  ...facts
}: FlinkFacts) => facts;

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
const isGone = (jobManager: JobManager): boolean => jobManager.state === "gone";

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
