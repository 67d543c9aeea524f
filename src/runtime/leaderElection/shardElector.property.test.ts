import fc from "fast-check";
import { expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fakeClock.ts";
import { leaseServer } from "../../../test/support/leaseServer.ts";
import { shardOf } from "../../core/shardOf.ts";
import { KubeError } from "../../kube/errors.ts";
import { createShardElector, type ShardElector } from "./shardElector.ts";

// Four processes divide the namespaces by one, two or three shards, and the number is changed while they run: one after the
// other is replaced. Their requests are refused, delayed, never answered, or take effect without an answer; their clocks run
// at different speeds; they are stopped and go on, crash, and end. In every order:
//   - no two act for the same namespace at the same time;
//   - nobody begins twice, and who has lost a lease acts no more;
//   - when all faults have ended and all have the same number, each shard has one that acts for it, within a bound, and they
//     stay.

const timing = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const start = Date.UTC(2026, 0, 1);
const slots = [0, 1, 2, 3];
const namespaces = Array.from({ length: 12 }, (_, number) => `team-${number}`);

type Fate = "works" | "refused" | "unanswered" | "answerLost";

interface Network {
  fate: Fate;
  requestMs: number;
  answerMs: number;
}
const works: Network = { fate: "works", requestMs: 5, answerMs: 5 };
const slowestMs = 25_000;

const network: fc.Arbitrary<Network> = fc.record({
  fate: fc.constantFrom<Fate[]>("works", "works", "refused", "unanswered", "answerLost"),
  requestMs: fc.constantFrom(1, 50, 900, 4_900, 9_000, slowestMs),
  answerMs: fc.constantFrom(1, 50, 900, 4_900, 9_000),
});

type Step =
  | { act: "pass"; ms: number }
  | { act: "network"; who: number; network: Network }
  | { act: "crash" | "stop" | "pause" | "goOn"; who: number }
  | { act: "shards"; shards: number };

const who = fc.constantFrom(...slots);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constant("pass" as const),
      ms: fc.constantFrom(10, 500, 2_100, 4_000, 9_500, 12_000, 20_000),
    }),
  },
  { weight: 5, arbitrary: fc.record({ act: fc.constant("network" as const), who, network }) },
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constantFrom("crash" as const, "stop" as const), who }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ act: fc.constantFrom("pause" as const, "goOn" as const, "goOn" as const), who }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant("shards" as const), shards: fc.integer({ min: 1, max: 3 }) }),
  },
);

/** A rolling update to another number, in order or by crashes. Rare by chance. */
const rollingUpdate: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.constantFrom("stop" as const, "crash" as const),
    fc.constantFrom(500, 2_100, 9_500, 16_000),
  )
  .map(([shards, act, ms]) => [
    { act: "shards", shards },
    ...slots.flatMap((each): Step[] => [
      { act, who: each },
      { act: "pass", ms },
    ]),
  ]);
const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof({ weight: 8, arbitrary: step.map((each) => [each]) }, { weight: 1, arbitrary: rollingUpdate }),
    { minLength: 5, maxLength: 25 },
  )
  .map((each) => each.flat());

interface Process {
  readonly identity: string;
  readonly shards: number;
  readonly elector: ShardElector;
  network: Network;
  paused: boolean;
  ended: boolean;
  hasLost: boolean;
  goOn(): Promise<void>;
  stop(): Promise<void>;
}

function world(rates: readonly number[], random: () => number) {
  const clock = fakeClock(start);
  const server = leaseServer();
  /** Of what is seen inside a call of the elector, which would catch an error. */
  const violations: string[] = [];
  let wanted = 1;
  let started = 0;

  function begin(rate: number): Process {
    const identity = `pod-${started++}`;
    const api = server.api(identity);
    const backlog: (() => void)[] = [];
    const ending = new AbortController();
    let running: Promise<void>;
    let hasBegun = false;
    const deliver = (run: () => void) => {
      if (self.ended) return;
      if (self.paused) backlog.push(run);
      else run();
    };
    const ask = <Answer>(act: () => Promise<Answer>): Promise<Answer> => {
      const { fate, requestMs, answerMs } = self.network;
      return new Promise<Answer>((resolve, reject) => {
        const answer = (settle: () => void) => clock.after(answerMs, () => deliver(settle));
        if (fate === "unanswered") return;
        if (fate === "refused")
          return answer(() => reject(new KubeError(503, "ServiceUnavailable", "not now")));
        clock.after(requestMs, () => {
          act().then(
            (value) =>
              answer(() =>
                fate === "works" ? resolve(value) : reject(new KubeError(0, "Broken", "no answer")),
              ),
            (error) => answer(() => reject(error)),
          );
        });
      });
    };
    const elector = createShardElector({
      api: {
        get: (...args) => ask(() => api.get(...args)),
        create: (...args) => ask(() => api.create(...args)),
        mergePatch: (...args) => ask(() => api.mergePatch(...args)),
      },
      namespace: "ops",
      name: "lease",
      shards: wanted,
      identity,
      timing,
      clock: {
        now: clock.now,
        after: (ms, run) => {
          let cancelled = false;
          const cancel = clock.after(Math.max(1, Math.trunc(ms)) / rate, () =>
            deliver(() => cancelled || run()),
          );
          return () => {
            cancelled = true;
            cancel();
          };
        },
      },
      monotonicNow: () => (clock.now() - start) * rate,
      onLeading(shard) {
        if (hasBegun) violations.push(`${identity} begins twice`);
        if (elector.shard !== shard) violations.push(`${identity} begins with ${shard}, which it has not`);
        hasBegun = true;
      },
      onLost() {
        if (self.hasLost) violations.push(`${identity} is told twice`);
        self.hasLost = true;
        if (elector.isLeading()) violations.push(`${identity} acts when it is told that it may not`);
      },
      onError: () => {},
      random,
    });
    const self: Process = {
      identity,
      shards: wanted,
      elector,
      network: works,
      paused: false,
      ended: false,
      hasLost: false,
      async goOn() {
        self.paused = false;
        for (const run of backlog.splice(0)) {
          run();
          await clock.settle();
          check();
        }
      },
      async stop() {
        ending.abort();
        await running;
        await elector.release();
        self.ended = true;
      },
    };
    running = elector.run(ending.signal);
    return self;
  }

  const current = rates.map(begin);

  function check(): void {
    expect(violations).toEqual([]);
    const acting = current.filter(({ ended, elector }) => !ended && elector.isLeading());
    for (const namespace of namespaces) {
      const own = acting.filter(({ elector, shards }) => elector.shard === shardOf(namespace, shards));
      const names = own.map(({ identity, shards }) => `${identity} (of ${shards})`).join(" and ");
      expect(own.length, `${names} act in ${namespace} at ${clock.now() - start} ms`).toBeLessThan(2);
    }
  }

  /** A process that has lost a lease, crashed or ended is followed by one with the number that is wanted now. */
  function replaceEnded(): void {
    for (const slot of slots) {
      const each = current[slot] as Process;
      if (each.hasLost) each.ended = true;
      if (each.ended) current[slot] = begin(rates[slot] ?? 1);
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
    pass,
    acting: () => current.flatMap(({ elector }) => (elector.shard === undefined ? [] : [elector.shard])),
    async step(each: Step): Promise<void> {
      if (each.act === "pass") return pass(each.ms);
      if (each.act === "shards") {
        wanted = each.shards;
        return;
      }
      const process = current[each.who] as Process;
      if (each.act === "network") process.network = each.network;
      if (each.act === "crash") process.ended = true;
      if (each.act === "pause") process.paused = true;
      if (each.act === "goOn") await process.goOn();
      // A paused process does not see that it is to end.
      if (each.act === "stop" && !process.paused) void process.stop();
      await clock.settle();
      check();
      replaceEnded();
    },
    /** Nothing goes wrong any more, and all have the number that is wanted. Returns it. */
    async endFaults(): Promise<number> {
      for (const each of current) {
        each.network = works;
        await each.goOn();
      }
      // Requests that are on their way still arrive.
      await pass(slowestMs);
      for (const each of current) if (each.shards !== wanted) void each.stop();
      await pass(1_000);
      return wanted;
    },
  };
}

/** The leases of two crashed processes, one after the other, a request without an answer, and some tries. */
const takeoverMs = 2 * (timing.leaseDurationMs / 0.85) + 10_000;

test("in every order of faults and changes of the number no two act for a namespace, and in the end one does for each", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(...slots.map(() => fc.constantFrom(0.85, 1, 1.2))),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      steps,
      async (rates, randoms, all) => {
        const { step: perform, endFaults, pass, acting } = world(rates, () => randoms.next().value ?? 0);
        for (const each of all) await perform(each);
        const shards = await endFaults();
        await pass(takeoverMs);
        const each = Array.from({ length: shards }, (_, shard) => shard);
        expect(acting().sort()).toEqual(each);
        const settled = acting();
        await pass(60_000);
        expect(acting()).toEqual(settled);
      },
    ),
    { numRuns: 25, seed: 1 },
  );
}, 60_000);
