import fc from "fast-check";
import { expect, test } from "vitest";
import { type FakeClock, fakeClock } from "../../../test/support/fakeClock.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import { KubeError } from "../../kube/errors.ts";
import { createElector, type Elector } from "./elector.ts";
import { type LeaseSpec, specOf } from "./lease.ts";

// Three processes contend for one Lease. Their requests are refused, delayed, never answered, or take effect without an
// answer; their clocks are wrong; they are stopped and go on, crash, and end. In every order:
//   - no two lead at the same time;
//   - who loses the lease is told within two seconds and before another begins, unless it cannot be told because it is
//     stopped;
//   - nobody takes a lease that its holder has renewed within the lease duration;
//   - when all faults have ended, one leads within a bound, and stays;
//   - a released lease is taken at the next try;
//   - a single request that fails costs nobody the lease.
//
// The bounds within which this holds: monotonic clocks have 0.85 to 1.2 times the right speed (two may differ by less than
// lease duration : renew deadline); wall clocks may be wrong by any amount and may be set while the process runs; a
// monotonic clock may stand still while the machine sleeps, if nobody sets the wall clock of that machine.

const timing = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const start = Date.UTC(2026, 0, 1);
const [slowest, fastest] = [0.85, 1.2];
const slots = [0, 1, 2];

/** What happens to a request. `requestMs` until it takes effect, then `answerMs` until the answer is there. */
interface Network {
  kind: "works" | "refused" | "unanswered" | "answerLost";
  requestMs: number;
  answerMs: number;
}
const works: Network = { kind: "works", requestMs: 5, answerMs: 5 };
const slowestRequestMs = 25_000;

const network: fc.Arbitrary<Network> = fc.record({
  kind: fc.constantFrom("works", "works", "refused", "unanswered", "answerLost"),
  requestMs: fc.constantFrom(1, 50, 900, 3_000, 4_900, 5_100, 9_000, slowestRequestMs),
  answerMs: fc.constantFrom(1, 50, 900, 3_000, 4_900, 5_100, 9_000),
});

/** One of the processes, or the one that holds the lease: most of what can go wrong happens to that one. */
type Who = number | "holder";

type Step =
  | { act: "pass"; ms: number }
  | { act: "network" | "once"; who: Who; network: Network }
  | { act: "stop" | "crash" | "goOn"; who: Who }
  | { act: "pause"; who: Who; asleep: boolean }
  | { act: "setClock"; who: Who; ms: number };

const who = fc.constantFrom<Who[]>("holder", "holder", "holder", ...slots);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constant("pass" as const),
      ms: fc.constantFrom(10, 500, 2_100, 4_000, 7_000, 9_500, 12_000, 20_000),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constantFrom("network" as const, "once" as const), who, network }),
  },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("pause" as const), who, asleep: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("goOn" as const), who }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constantFrom("stop" as const, "crash" as const), who }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant("setClock" as const),
      who,
      ms: fc.constantFrom(-3_600_000, -12_000, 12_000, 3_600_000),
    }),
  },
);

const cut: Network = { kind: "refused", requestMs: 1, answerMs: 1 };
const slowAnswers: Network = { kind: "works", requestMs: 1, answerMs: 4_100 };
const slowRequest: Network = { kind: "works", requestMs: 4_900, answerMs: 1 };

/** Rows of steps that are rare by chance. */
const rows: fc.Arbitrary<Step[]> = fc.oneof(
  fc.constantFrom(4_000, 7_000, 9_500).map((ms): Step[] => [
    // The answers of the holder's renewals are slow, and then it is cut off.
    { act: "network", who: "holder", network: slowAnswers },
    { act: "pass", ms },
    { act: "network", who: "holder", network: cut },
    { act: "pass", ms: 20_000 },
  ]),
  fc.constantFrom(7_000, 9_500).map((ms): Step[] => [
    // It ends shortly before it would lose the lease, and what it reads of it is late.
    { act: "network", who: "holder", network: cut },
    { act: "pass", ms },
    { act: "network", who: "holder", network: works },
    { act: "once", who: "holder", network: slowRequest },
    { act: "stop", who: "holder" },
    { act: "pass", ms: 12_000 },
  ]),
  fc.integer({ min: 13_000, max: 20_000 }).map((ms): Step[] => [
    // It falls asleep between its first request that takes effect and the answer.
    ...slots.map((who) => ({ act: "network" as const, who, network: slowAnswers })),
    { act: "crash", who: "holder" },
    { act: "pass", ms },
    { act: "pause", who: "holder", asleep: true },
    { act: "pass", ms: 30_000 },
    ...slots.map((who) => ({ act: "goOn" as const, who })),
  ]),
);
const steps: fc.Arbitrary<Step[]> = fc
  .array(fc.oneof({ weight: 8, arbitrary: step.map((each) => [each]) }, { weight: 1, arbitrary: rows }), {
    minLength: 5,
    maxLength: 25,
  })
  .map((each) => each.flat());

interface Machine {
  rate: number;
  skewMs: number;
  /** Whether its monotonic clock stands still while it sleeps. Otherwise its wall clock may be set. */
  sleeps: boolean;
}
const machine: fc.Arbitrary<Machine> = fc.record({
  rate: fc.constantFrom(slowest, 1, fastest),
  skewMs: fc.constantFrom(-300_000, -9_000, 0, 9_000, 300_000),
  sleeps: fc.boolean(),
});

/** One API server with one Lease, and what each of its writes must satisfy. */
function leaseServer(clock: FakeClock) {
  let stored: KubeObject | undefined;
  let version = 0;
  let writtenAt = 0;

  function save(name: string, spec: LeaseSpec, writer: string): KubeObject {
    const before = stored === undefined ? {} : specOf(stored);
    const { holderIdentity: holder = "" } = before;
    if (holder !== "" && holder !== writer) {
      expect(spec.holderIdentity, `${writer} writes the lease of ${holder}`).toBe(writer);
      expect(clock.now() - writtenAt).toBeGreaterThanOrEqual(timing.leaseDurationMs / fastest);
    }
    if (spec.holderIdentity === writer && holder !== writer && stored !== undefined)
      expect(spec.leaseTransitions).toBe((before.leaseTransitions ?? 0) + 1);
    version += 1;
    writtenAt = clock.now();
    stored = { metadata: { name, namespace: "ops", resourceVersion: String(version) }, spec };
    return structuredClone(stored);
  }

  return {
    holder: () => (stored === undefined ? "" : specOf(stored).holderIdentity),
    get(name: string): KubeObject {
      if (stored === undefined) throw new KubeError(404, "NotFound", `no ${name}`);
      return structuredClone(stored);
    },
    create(object: KubeObject, writer: string): KubeObject {
      if (stored !== undefined) throw new KubeError(409, "AlreadyExists", "there is one");
      return save(object.metadata.name, object.spec as LeaseSpec, writer);
    },
    mergePatch(name: string, patch: unknown, writer: string): KubeObject {
      const { metadata, spec } = patch as KubeObject & { spec: LeaseSpec };
      if (stored === undefined) throw new KubeError(404, "NotFound", `no ${name}`);
      // As the API server does: only a patch that names a version is locked.
      if (![undefined, stored.metadata.resourceVersion].includes(metadata?.resourceVersion))
        throw new KubeError(409, "Conflict", "it has changed");
      return save(name, { ...specOf(stored), ...spec }, writer);
    },
  };
}

interface Process {
  readonly identity: string;
  readonly elector: Elector;
  network: Network;
  /** For the next request only. */
  once: Network | undefined;
  /** Began to lead; not told of a loss, not ended. */
  leads: boolean;
  losses: number;
  /** Its clocks were never set, and neither stood still. */
  clocksAgree: boolean;
  /** Since when it does not lead any more without having been told. */
  untoldSince: number | undefined;
  requests: number;
  paused: boolean;
  ended: boolean;
  pause(asleep: boolean): void;
  goOn(): Promise<void>;
  crash(): void;
  stop(): Promise<void>;
  setClock(ms: number): void;
}

function world(machines: readonly Machine[]) {
  const clock = fakeClock(start);
  const server = leaseServer(clock);
  const processes: Process[] = [];
  /** Of what is seen inside a call of the elector, which would catch an error. */
  const violations: string[] = [];
  let started = 0;

  function begin({ rate, skewMs, sleeps }: Machine): Process {
    const identity = `pod-${started++}`;
    /** What becomes due while the process is stopped waits until it goes on. */
    const backlog: (() => void)[] = [];
    const ending = new AbortController();
    let setMs = 0;
    let asleepSince: number | undefined;
    let asleepMs = 0;
    const deliver = (run: () => void) => {
      if (self.ended) return;
      if (self.paused) backlog.push(run);
      else run();
    };
    const asleep = () => asleepMs + (asleepSince === undefined ? 0 : clock.now() - asleepSince);
    const after = (ms: number, run: () => void) => {
      let cancelled = false;
      // Node's timers count whole milliseconds, from the last turn of the event loop. It can still be cancelled while it
      // waits in the backlog.
      const cancel = clock.after(Math.max(1, Math.trunc(ms) - 1) / rate, () =>
        deliver(() => cancelled || run()),
      );
      return () => {
        cancelled = true;
        cancel();
      };
    };
    const ask = <Answer>(act: () => Answer): Promise<Answer> => {
      self.requests += 1;
      const { kind, requestMs, answerMs } = self.once ?? self.network;
      self.once = undefined;
      return new Promise<Answer>((resolve, reject) => {
        if (kind === "unanswered") return;
        clock.after(kind === "refused" ? 1 : requestMs, () => {
          const settle = outcomeOf(kind, act);
          clock.after(answerMs, () => deliver(() => settle(resolve, reject)));
        });
      });
    };
    const elector = createElector({
      api: {
        get: (_, __, name) => ask(() => server.get(name)),
        create: (_, object) => ask(() => server.create(object, identity)),
        mergePatch: (_, __, name, patch) => ask(() => server.mergePatch(name, patch, identity)),
      },
      namespace: "ops",
      name: "lease",
      identity,
      timing,
      clock: { now: () => clock.now() + skewMs + setMs, after },
      monotonicNow: () => (clock.now() - start - asleep()) * rate,
      onLeading() {
        if (self.leads) violations.push(`${identity} begins twice`);
        self.leads = true;
        for (const other of processes) {
          if (other !== self && other.leads && !other.paused)
            violations.push(`${other.identity} is not told before ${identity} begins`);
        }
      },
      onLost() {
        if (elector.isLeading()) violations.push(`${identity} leads when it is told that it does not`);
        if (self.losses > 0) violations.push(`${identity} is told twice`);
        self.leads = false;
        self.losses += 1;
      },
      onError: () => {},
      random: () => 0.5,
    });
    const self: Process = {
      identity,
      elector,
      network: works,
      once: undefined,
      leads: false,
      losses: 0,
      clocksAgree: true,
      untoldSince: undefined,
      requests: 0,
      paused: false,
      ended: false,
      pause(isAsleep) {
        self.paused = true;
        if (!isAsleep || !sleeps) return;
        asleepSince ??= clock.now();
        self.clocksAgree = false;
      },
      async goOn() {
        asleepMs = asleep();
        asleepSince = undefined;
        self.paused = false;
        for (const run of backlog.splice(0)) {
          run();
          await clock.settle();
          check();
        }
      },
      crash() {
        self.ended = true;
        self.leads = false;
      },
      async stop() {
        ending.abort();
        await running;
        self.leads = false;
        await elector.release();
        self.ended = true;
      },
      setClock(ms) {
        if (sleeps) return;
        setMs += ms;
        self.clocksAgree = false;
      },
    };
    processes.push(self);
    const running = elector.run(ending.signal);
    return self;
  }

  const current = slots.map((index) => begin(machines[index] as Machine));
  const leaders = () => current.filter((each) => each.elector.isLeading() && !each.ended);

  function check(): void {
    expect(violations).toEqual([]);
    const now = leaders().map(({ identity }) => identity);
    expect(now.length, `${now.join(" and ")} lead at ${clock.now() - start} ms`).toBeLessThan(2);
    for (const each of current) {
      const isLeading = each.elector.isLeading();
      if (each.losses > 0) expect(isLeading).toBe(false);
      const isUntold = each.leads && !isLeading && !each.paused && each.clocksAgree;
      each.untoldSince = isUntold ? (each.untoldSince ?? clock.now()) : undefined;
      expect(clock.now() - (each.untoldSince ?? clock.now()), `${each.identity} is not told`).toBeLessThan(
        2_000,
      );
    }
  }

  /** A process that has lost the lease, crashed or ended is followed by a new one. */
  function replaceEnded(): void {
    for (const index of slots) {
      const each = current[index] as Process;
      if (each.losses > 0) each.crash();
      if (each.ended) current[index] = begin(machines[index] as Machine);
    }
  }

  async function pass(ms: number): Promise<void> {
    const end = clock.now() + ms;
    await clock.settle();
    check();
    while ((clock.waiting()[0] ?? Number.POSITIVE_INFINITY) <= end - clock.now()) {
      await clock.advanceToNext();
      check();
    }
    await clock.advance(end - clock.now());
    replaceEnded();
  }

  return {
    current,
    leaders,
    pass,
    server,
    async step(each: Step): Promise<void> {
      if (each.act === "pass") return pass(each.ms);
      const holder = current.find(({ identity }) => identity === server.holder());
      const process = each.who === "holder" ? (holder ?? current[0]) : current[each.who];
      if (process === undefined) return;
      if (each.act === "network") process.network = each.network;
      if (each.act === "once") process.once = each.network;
      if (each.act === "pause") process.pause(each.asleep);
      if (each.act === "goOn") await process.goOn();
      if (each.act === "crash") process.crash();
      if (each.act === "setClock") process.setClock(each.ms);
      // A stopped process does not see that it is to end.
      if (each.act === "stop" && !process.paused) void process.stop();
      await clock.settle();
      check();
      replaceEnded();
    },
    async endFaults(): Promise<void> {
      for (const each of current) {
        each.network = works;
        await each.goOn();
      }
      // Requests that are on their way still arrive.
      await pass(slowestRequestMs);
    },
  };
}

function outcomeOf<Answer>(kind: Network["kind"], act: () => Answer) {
  let answer: Answer;
  try {
    if (kind === "refused") throw new KubeError(503, "ServiceUnavailable", "not now");
    answer = act();
    if (kind === "answerLost") throw new KubeError(0, "Broken", "no answer");
  } catch (error) {
    // A broken expectation is not an answer: it has to end the run.
    if (!(error instanceof KubeError)) throw error;
    return (_: (answer: Answer) => void, reject: (error: unknown) => void) => reject(error);
  }
  return (resolve: (answer: Answer) => void) => resolve(answer);
}

const machines = fc.tuple(machine, machine, machine);

/** The lease duration, one request that is not answered, and two tries, by the slowest clock. */
const takeoverMs =
  (timing.leaseDurationMs + timing.renewDeadlineMs / 2 + 2 * 1.2 * timing.retryPeriodMs) / slowest;

test("in every order of faults no two lead; when the faults have ended one does, and its release is noticed", async () => {
  await fc.assert(
    fc.asyncProperty(machines, steps, async (each, all) => {
      const { step: perform, endFaults, leaders, pass, current, server } = world(each);
      for (const next of all) await perform(next);
      await endFaults();
      await pass(takeoverMs);
      const [leader] = leaders();
      expect(leader?.identity, "nobody leads after the faults").toBe(server.holder());
      const before = current.map(({ requests }) => requests);
      await pass(30_000);
      expect(leaders()).toEqual([leader]);
      current.forEach(({ requests }, index) => {
        expect(requests - (before[index] ?? 0)).toBeLessThanOrEqual(
          1 + 30_000 / (timing.retryPeriodMs / fastest),
        );
      });
      await Promise.all([leader?.stop(), pass((1.2 * timing.retryPeriodMs) / slowest + 100)]);
      expect(leaders()).toHaveLength(1);
      expect(leaders()).not.toContain(leader);
    }),
    { numRuns: 100, seed: 1 },
  );
});

const failing: fc.Arbitrary<Network> = network.filter(
  (each) => each.kind !== "works" || each.requestMs > 2_000,
);

test("a single request that fails costs nobody the lease", async () => {
  await fc.assert(
    fc.asyncProperty(machine, fc.array(failing, { minLength: 1, maxLength: 5 }), async (each, failures) => {
      const { current, leaders, pass } = world([each, each, each]);
      await pass(5_000);
      const [leader] = leaders();
      for (const failure of failures) {
        if (leader !== undefined) leader.once = failure;
        // Two tries more than the one that fails, and until a late request has arrived.
        await pass(slowestRequestMs + 10_000);
        expect(leaders()).toEqual([leader]);
      }
      expect(current.map(({ losses }) => losses)).toEqual([0, 0, 0]);
    }),
    { numRuns: 20, seed: 1 },
  );
});
