import { isDeepStrictEqual } from "node:util";
import type { FlinkFacts, Operation, OperationFacts, PollPlan, RestFailureKind } from "../api/flinkFacts.ts";
import type { Clock } from "../runtime/clock.ts";
import { type FlinkRest, FlinkRestError } from "./api.ts";
import type { Observation } from "./observation.ts";
import { ask, failed } from "./pollFacts.ts";
import { askOperation, awaitsDetails, type Followed, follow, takeAnswer, unasked } from "./pollOperations.ts";
import { type Due, defaultPollIntervals, nextObservation, type PollIntervals } from "./pollSchedule.ts";
import {
  applyAnswer,
  cacheMs,
  changePlan,
  hasChanged,
  markRequested,
  newPollTarget,
  type PollTarget,
  shared,
} from "./pollTarget.ts";
import { createRequestLimiter } from "./requestLimiter.ts";

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
  /** What is kept by the name of a cluster, of a JobManager or of an owner: nothing once all of them are gone. */
  entries: number;
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
  paces?: Partial<PollIntervals>;
}

/** An interval gets longer by up to this share, never shorter: the budget of calls is an upper limit. */
const jitterShare = 0.1;

/** After a question for an operation that was answered with an error, or not at all. */
const quickRetryMs = 1_000;
/** One JobManager: what is asked of it, for however many plans, is asked one after the other. */
interface JobManager {
  readonly id: string;
  readonly members: Set<PlacedMember>;
  auxiliaryAt: number;
  jitter: number;
  /** The last call got no answer in time. */
  suspect: boolean;
  /** It has told of TaskManagers since it was last unreachable. */
  hasResourceManager: boolean;
  state: "sleeping" | "waiting" | "asking" | "gone";
  cancelTimer: () => void;
}

interface PlacedMember extends PollTarget {
  readonly jobManager: JobManager;
}

export function createPoller(options: PollerOptions): Poller {
  const { rest, clock, onFacts, onCall, random = Math.random } = options;
  const paces: PollIntervals = { ...defaultPollIntervals, ...options.paces };
  const maxInFlight = options.maxInFlight ?? 64;
  const slowAfterMs = options.slowAfterMs ?? 250;
  const deadlineMs = options.deadlineMs ?? 12_000;
  const lane = createRequestLimiter(clock, maxInFlight, slowAfterMs);
  const suspectLane = createRequestLimiter(clock, Math.max(1, Math.floor(maxInFlight / 4)), slowAfterMs);
  const members = new Map<string, PlacedMember>();
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
    if (next === undefined) return;
    jobManager.state = "asking";
    const { member, what, owner = "" } = next;
    if (what === "operation") await observeOperation(member, owner);
    else await observePart(member, what);
    if (isGone(jobManager)) return;
    jobManager.state = "sleeping";
    schedule(jobManager);
  }

  async function observePart(member: PlacedMember, what: Observation): Promise<void> {
    const { jobManager, plan } = member;
    const sentAt = clock.now();
    const concerned = () => [...jobManager.members].filter((each) => shared.has(what) || each === member);
    for (const each of concerned()) markRequested(each, what, sentAt);
    jobManager.jitter = 1 + jitterShare * random();
    if (what !== "jobs" && what !== "savepoint" && what !== "metrics") jobManager.auxiliaryAt = sentAt;
    const outcome = await call(
      jobManager,
      what,
      ask(rest, plan, what, sentAt, jobManager.hasResourceManager),
    );
    const isAnswered = !(outcome instanceof FlinkRestError);
    if (what === "taskManagers" && isAnswered) jobManager.hasResourceManager = true;
    if (what === "jobs" && !isAnswered) jobManager.hasResourceManager = false;
    const now = clock.now();
    for (const each of concerned()) {
      if (outcome instanceof FlinkRestError) {
        const { kind, status, message } = outcome;
        each.facts = failed(each.facts, what, { kind, status, message, at: now });
      } else {
        applyAnswer(each, what, outcome, now);
      }
      // One that joined meanwhile has been asked for too.
      each.asked.set(what, Math.max(each.asked.get(what) ?? 0, sentAt));
      if (hasChanged(each)) onFacts(each.key);
    }
  }

  async function observeOperation(member: PlacedMember, owner: string): Promise<void> {
    const { jobManager, plan, operations: known } = member;
    const followed = known.get(owner);
    if (followed === undefined) return;
    const sentAt = clock.now();
    followed.askedAt = sentAt;
    const outcome = await call(jobManager, "operation", askOperation(rest, plan.endpoint, followed));
    if (outcome instanceof FlinkRestError) {
      followed.notBefore = clock.now() + (jobManager.suspect ? paces.longestPauseMs : quickRetryMs);
    } else if (!isGone(jobManager)) {
      const isNews = takeAnswer(followed, outcome, sentAt);
      if (isNews && awaitsDetails(followed)) followed.notBefore = clock.now() + cacheMs(plan);
      if (isNews && known.get(owner) === followed) options.onOperation?.(owner);
    }
  }

  /** Resolves with what a call to a JobManager came to. */
  async function call<T>(
    jobManager: JobManager,
    what: Due["what"],
    answer: Promise<T>,
  ): Promise<T | FlinkRestError> {
    const sentAt = clock.now();
    inFlight += 1;
    const outcome = await settledBy(answer, clock, deadlineMs);
    inFlight -= 1;
    const failure = outcome instanceof FlinkRestError ? outcome.kind : undefined;
    onCall?.(what, failure ?? "ok", clock.now() - sentAt);
    jobManager.suspect = failure === "timeout";
    return outcome;
  }

  function remove(key: string): void {
    const member = members.get(key);
    if (member === undefined) {
      return;
    }
    const { jobManager } = member;
    members.delete(key);
    jobManager.members.delete(member);
    forgetIfUnused(key);
    if (jobManager.members.size === 0) {
      jobManager.cancelTimer();
      jobManager.state = "gone";
      jobManagers.delete(jobManager.id);
    }
  }

  /** Whichever goes last, the plan or the operation that is followed in it. */
  function forgetIfUnused(key: string): void {
    if (!members.has(key) && operations.get(key)?.size === 0) operations.delete(key);
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
      members: new Set<PlacedMember>(),
      auxiliaryAt: 0,
      jitter: 1,
      suspect: false,
      hasResourceManager: false,
      state: "sleeping" as const,
      cancelTimer: () => {},
    };
    jobManagers.set(id, jobManager);
    const [other] = jobManager.members;
    const member = { ...newPollTarget(key, plan, known, other, clock.now()), jobManager };
    members.set(key, member);
    jobManager.members.add(member);
    if (hasChanged(member)) onFacts(key);
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
        changePlan(member, plan, clock.now());
        schedule(member.jobManager);
      }
    },

    facts: (key) => members.get(key)?.facts,

    follow(key, owner, operation) {
      const before = planOf.get(owner) ?? "";
      const known = operations.get(before)?.get(owner);
      if (before === key && isDeepStrictEqual(known?.operation, operation)) return;
      operations.get(before)?.delete(owner);
      planOf.delete(owner);
      forgetIfUnused(before);
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
      entries: members.size + jobManagers.size + operations.size + planOf.size,
    }),

    stop() {
      for (const key of [...members.keys()]) {
        remove(key);
      }
    },
  };
}

interface DueOfMember extends Due {
  readonly member: PlacedMember;
}

function isSooner(one: DueOfMember, other: DueOfMember): boolean {
  return one.dueAt === other.dueAt ? lastAsked(one) < lastAsked(other) : one.dueAt < other.dueAt;
}

const lastAsked = ({ member, what }: DueOfMember): number =>
  what === "operation" ? 0 : (member.asked.get(what) ?? 0);

const jobManagerOf = ({ deploymentUid, endpoint: { host, port } }: PollPlan): string =>
  `${deploymentUid} ${host} ${port}`;

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
