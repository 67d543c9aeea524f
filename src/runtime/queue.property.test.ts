import fc from "fast-check";
import { expect, test } from "vitest";
import { fakeClock } from "../../test/support/fakeClock.ts";
import { createWorkQueue, type Priority, type ReconcileReport, type ReconcileResult } from "./queue.ts";

// Keys are added at any time, also while they are reconciled and within one turn of the event loop; reconciles end, fail and
// request to be repeated. In every order:
//   - no wake is lost: a key that was added is reconciled later, and one with a delay when that is over, unless a reconcile
//     that began later has seen what it was added for;
//   - no key is reconciled without a cause, twice at a time, or beside more others than the limit allows;
//   - no worker rests while a key waits;
//   - edits come before polls, which have one turn in eight, and keys of one priority in the order of their arrival;
//   - failures back off by their number, which a success resets;
//   - the end waits for what runs and starts nothing more.

const backoff = { floorMs: 500, capMs: 6_000, factor: 2 };
const pollEvery = 8;
const unknownPlace = Number.POSITIVE_INFINITY;
const keys = ["a", "b", "c", "d", "e"];

type Step =
  | { act: "add"; key: string; priority: Priority; settle: boolean }
  | { act: "burst"; keys: string[]; priority: Priority; settle: boolean }
  | { act: "addAfter"; key: string; ms: number; settle: boolean }
  | { act: "wakeWithin"; key: string; priority: Priority }
  | { act: "end"; which: number; result: ReconcileResult | "fails" | undefined; settle: boolean }
  | { act: "pass"; ms: number };

const key = fc.constantFrom(...keys);
const priority = fc.constantFrom<Priority[]>("edit", "poll");
const settle = fc.boolean();
const ms = fc.constantFrom(0, 1, 300, 1_000, 5_000);
const result = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: fc.constant("fails" as const) },
  { weight: 2, arbitrary: fc.record({ requeueAfterMs: ms }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant("add" as const), key, priority, settle }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant("burst" as const),
      keys: fc.array(key, { maxLength: 8 }),
      priority,
      settle,
    }),
  },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("addAfter" as const), key, ms, settle }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("wakeWithin" as const), key, priority }) },
  { weight: 8, arbitrary: fc.record({ act: fc.constant("end" as const), which: fc.nat(9), result, settle }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("pass" as const), ms }) },
);

/** What the queue owes for one key. */
interface Owed {
  /** It was added, and no reconcile has begun since. `order`: its place among those that wait for a worker. */
  wake: { priority: Priority; order: number } | undefined;
  /** The earliest and latest time of its delay: a back-off is partly random. */
  delay: { from: number; to: number } | undefined;
  running: Run | undefined;
  failures: number;
}

interface Run {
  key: string;
  /** Called by the test; the queue sees it one turn later. */
  end(result: ReconcileResult | "fails" | undefined): void;
  ended: boolean;
}

function world(concurrency: number, random: () => number) {
  const clock = fakeClock(0);
  const owed = new Map<string, Owed>(
    keys.map((each) => [each, { wake: undefined, delay: undefined, running: undefined, failures: 0 }]),
  );
  const of = (each: string) => owed.get(each) as Owed;
  const values = () => [...owed.values()];
  const reports: ReconcileReport[] = [];
  /** What is seen inside a call of the queue, which would catch an error. */
  const violations: string[] = [];
  /** Keys that the next reconcile adds as soon as it begins. */
  let wakesWithin: { key: string; priority: Priority }[] = [];
  let order = 0;
  let sinceLastPoll = 0;
  let starts = 0;
  let state: "idle" | "working" | "stopped" = "idle";
  const demand = (holds: boolean, what: string) => holds || violations.push(`${what} at ${clock.now()} ms`);

  const queue = createWorkQueue({
    clock,
    concurrency,
    backoff,
    random,
    process(each) {
      began(each);
      const { promise, resolve, reject } = Promise.withResolvers<ReconcileResult | undefined>();
      of(each).running = {
        key: each,
        ended: false,
        end(outcome) {
          if (outcome === "fails") reject(new Error("fails"));
          else resolve(outcome);
        },
      };
      const within = wakesWithin;
      wakesWithin = [];
      for (const wake of within) add(wake.key, wake.priority);
      return promise;
    },
    onReconcile: ended,
  });

  function began(each: string): void {
    const entry = of(each);
    starts += 1;
    demand(state === "working", `${each} begins although the queue is ${state}`);
    demand(entry.running === undefined, `${each} is reconciled twice at a time`);
    demand(values().filter(({ running }) => running).length < concurrency, `${each} exceeds the limit`);
    const due = dueOf(entry);
    demand(due !== undefined, `${each} is reconciled without a cause`);
    if (due !== undefined) inOrder(each, due);
    entry.wake = undefined;
    entry.delay = undefined;
  }

  /** A delay that is over is a poll from then on. */
  function dueOf({ wake, delay }: Owed): Priority | undefined {
    if (wake !== undefined) return wake.priority;
    return delay !== undefined && delay.from <= clock.now() ? "poll" : undefined;
  }

  const ready = (which: Priority) =>
    keys.filter((each) => of(each).running === undefined && dueOf(of(each)) === which);

  function inOrder(each: string, own: Priority): void {
    const edits = ready("edit");
    const polls = ready("poll").filter((poll) => of(poll).wake !== undefined);
    if (own === "poll") {
      demand(edits.length === 0 || sinceLastPoll >= pollEvery - 1, `${each} begins before ${edits}`);
      sinceLastPoll = 0;
    } else {
      demand(polls.length === 0 || sinceLastPoll < pollEvery - 1, `${polls} has no turn`);
      sinceLastPoll += 1;
    }
    const placeOf = (one: string) => of(one).wake?.order ?? unknownPlace;
    const place = placeOf(each);
    const earlier = (own === "edit" ? edits : polls).filter((other) => placeOf(other) < place);
    demand(earlier.length === 0 || place === unknownPlace, `${each} begins before ${earlier}`);
  }

  function ended(report: ReconcileReport): void {
    const entry = of(report.key);
    const run = entry.running;
    demand(run?.ended === true, `${report.key} is reported before its end`);
    reports.push(report);
    entry.running = undefined;
    const outcome = outcomes.get(run as Run);
    entry.failures = outcome === "fails" ? entry.failures + 1 : 0;
    demand(report.failures === entry.failures, `${report.key} has failed ${entry.failures} times`);
    demand((report.error !== undefined) === (outcome === "fails"), `${report.key} has an error`);
    // Those that waited for the end of their own reconcile are the last to arrive.
    if (entry.wake !== undefined) entry.wake.order = order++;
    if (state === "stopped") return;
    if (outcome === "fails") {
      const top = Math.min(backoff.capMs, 1.5 * backoff.floorMs * backoff.factor ** (entry.failures - 1));
      delay(report.key, Math.max(backoff.floorMs, Math.floor((top * 2) / 3)), Math.ceil(top));
    } else if (outcome?.requeueAfterMs !== undefined) {
      delay(report.key, outcome.requeueAfterMs, outcome.requeueAfterMs);
    }
  }
  const outcomes = new Map<Run, ReconcileResult | "fails" | undefined>();

  function delay(each: string, fromMs: number, toMs: number): void {
    const entry = of(each);
    const [from, to] = [clock.now() + fromMs, clock.now() + toMs];
    entry.delay = {
      from: Math.min(from, entry.delay?.from ?? from),
      to: Math.min(to, entry.delay?.to ?? to),
    };
  }

  function add(each: string, which: Priority): void {
    queue.add(each, which);
    const { wake } = of(each);
    const isPromoted = wake?.priority === "poll" && which === "edit";
    if (state === "stopped" || (wake !== undefined && !isPromoted)) return;
    // Its delay may have been over already, so that it has a place.
    const { delay: due } = of(each);
    const isPlaced = which === "poll" && due !== undefined && due.from <= clock.now();
    of(each).wake = { priority: which, order: isPlaced ? unknownPlace : order++ };
  }

  function addAfter(each: string, delayMs: number): void {
    queue.addAfter(each, delayMs);
    if (state !== "stopped") delay(each, delayMs, delayMs);
  }

  const running = () => values().flatMap((entry) => entry.running ?? []);

  async function check(): Promise<void> {
    await clock.advance(0);
    expect(violations).toEqual([]);
    if (state !== "working") return;
    const late = keys.filter((each) => {
      const { wake, delay: due, running: run } = of(each);
      return run === undefined && (wake !== undefined || (due !== undefined && due.to <= clock.now()));
    });
    if (running().length < concurrency) expect(late, "wait although a worker rests").toEqual([]);
    const perhaps = keys.filter((each) => {
      const { delay: due, running: run } = of(each);
      return run === undefined && due !== undefined && due.from <= clock.now();
    });
    const stats = queue.stats();
    expect(stats.running).toBe(running().length);
    expect(stats.ready).toBeGreaterThanOrEqual(late.length);
    expect(stats.ready).toBeLessThanOrEqual(new Set([...late, ...perhaps]).size);
  }

  return {
    clock,
    queue,
    owed,
    reports,
    check,
    running,
    starts: () => starts,
    start() {
      state = "working";
      queue.start();
    },
    stop() {
      state = "stopped";
      return queue.stop();
    },
    async step(each: Step): Promise<void> {
      if (each.act === "pass") {
        await clock.settle();
        const end = clock.now() + each.ms;
        while ((clock.waiting()[0] ?? Number.POSITIVE_INFINITY) <= end - clock.now()) {
          await clock.advanceToNext();
          await check();
        }
        await clock.advance(end - clock.now());
      }
      if (each.act === "add") add(each.key, each.priority);
      if (each.act === "burst") for (const one of each.keys) add(one, each.priority);
      if (each.act === "addAfter") addAfter(each.key, each.ms);
      if (each.act === "wakeWithin") wakesWithin.push({ key: each.key, priority: each.priority });
      if (each.act === "end") {
        const open = running().filter((run) => !run.ended);
        const run = open[each.which % Math.max(1, open.length)];
        if (run !== undefined) {
          run.ended = true;
          outcomes.set(run, each.result);
          run.end(each.result);
        }
      }
      if (!("settle" in each) || each.settle) await check();
    },
  };
}

test("in every order of wakes and results no wake is lost, and keys are reconciled in their order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(60),
      fc.constantFrom(0, 0.5, 0.999),
      async (steps, concurrency, startAt, random) => {
        const {
          step: perform,
          start,
          check,
          running,
          owed,
          queue,
          clock,
          starts,
        } = world(concurrency, () => random);
        for (const [index, each] of steps.entries()) {
          if (index === startAt) start();
          await perform(each);
        }
        if (startAt >= steps.length) {
          expect(starts()).toBe(0);
          start();
        }
        await check();
        // From now on every reconcile succeeds: whatever is owed is paid, and then nothing is known any more.
        for (let round = 0; round < 400; round++) {
          if (running().length > 0) await perform({ act: "end", which: 0, result: undefined, settle: true });
          else if (!(await clock.advanceToNext())) break;
          await check();
        }
        for (const [name, { wake, delay }] of owed)
          expect([name, wake, delay]).toEqual([name, undefined, undefined]);
        expect(queue.stats()).toEqual({ ready: 0, delayed: 0, running: 0, known: 0, oldestMs: 0 });
      },
    ),
    { numRuns: 400, seed: 1 },
  );
});

test("the end waits for what runs, and starts nothing more", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 20 }),
      fc.array(step, { maxLength: 20 }),
      async (before, after) => {
        const { step: perform, start, stop, check, running, clock, starts } = world(2, () => 0.5);
        start();
        for (const each of before) await perform(each);
        const begun = starts();
        let stopped = false;
        const ending = stop().then(() => {
          stopped = true;
        });
        for (const each of after) {
          await perform(each);
          await clock.settle();
          expect(stopped).toBe(running().length === 0);
        }
        while (running().length > 0) await perform({ act: "end", which: 0, result: "fails", settle: true });
        await ending;
        await check();
        expect(starts()).toBe(begun);
        expect(clock.waiting()).toEqual([]);
      },
    ),
    { numRuns: 200, seed: 1 },
  );
});
