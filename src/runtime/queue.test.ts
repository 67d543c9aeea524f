import { expect, test } from "vitest";
import { type FakeClock, fakeClock } from "../../test/support/fakeClock.ts";
import {
  createWorkQueue,
  type ReconcileReport,
  type ReconcileResult,
  type WorkQueueOptions,
} from "./queue.ts";

interface Pass {
  key: string;
  at: number;
  end(result?: ReconcileResult): Promise<void>;
  fail(): Promise<void>;
}

/** A queue whose reconciles end when the test says so. */
function harness(options: Partial<WorkQueueOptions> = {}) {
  const clock: FakeClock = fakeClock(0);
  const begun: Pass[] = [];
  const reports: ReconcileReport[] = [];
  const queue = createWorkQueue({
    clock,
    concurrency: 1,
    random: () => 0,
    backoff: { floorMs: 1_000, capMs: 8_000, factor: 2 },
    onReconcile: (report) => reports.push(report),
    process(key) {
      const { promise, resolve, reject } = Promise.withResolvers<ReconcileResult | undefined>();
      const settled = (act: () => void) => () => {
        act();
        return clock.settle();
      };
      begun.push({
        key,
        at: clock.now(),
        end: (result) => settled(() => resolve(result))(),
        fail: settled(() => reject(new Error("no"))),
      });
      return promise;
    },
    ...options,
  });
  const keys = () => begun.map((pass) => pass.key);
  const last = () => begun.at(-1) ?? expect.unreachable("no pass has begun");
  return { clock, queue, begun, reports, keys, last };
}

test("processes nothing before the start; a key that is added repeatedly is reconciled once", async () => {
  const { clock, queue, keys, last } = harness();
  for (const key of ["a", "b", "a", "a"]) queue.add(key);
  await clock.settle();
  expect(keys()).toEqual([]);
  queue.start();
  await clock.settle();
  await last().end();
  await last().end();
  expect(keys()).toEqual(["a", "b"]);
});

test("never reconciles one key twice at a time; keys added meanwhile are reconciled once more", async () => {
  const { clock, queue, begun, keys, last } = harness({ concurrency: 4 });
  queue.start();
  queue.add("a");
  queue.add("b");
  await clock.settle();
  queue.add("a");
  queue.add("a");
  await clock.settle();
  expect(keys()).toEqual(["a", "b"]);
  await begun[0]?.end();
  expect(keys()).toEqual(["a", "b", "a"]);
  await last().end();
  expect(keys()).toHaveLength(3);
});

test("edits overtake polls, but do not starve them", async () => {
  const { clock, queue, keys, last } = harness();
  queue.start();
  queue.add("running");
  await clock.settle();
  for (const key of ["poll1", "poll2"]) queue.add(key, "poll");
  for (let i = 0; i < 10; i++) queue.add(`edit${i}`);
  for (let i = 0; i < 12; i++) await last().end();
  expect(keys().indexOf("poll1")).toBeGreaterThanOrEqual(5);
  expect(keys().indexOf("poll1")).toBeLessThanOrEqual(8);
  expect(keys().indexOf("poll2")).toBe(12);
});

test("an edit moves a waiting poll ahead; a poll does not move a waiting edit back", async () => {
  const { clock, queue, keys, last } = harness();
  queue.start();
  queue.add("running");
  await clock.settle();
  for (const key of ["a", "b", "c"]) queue.add(key, "poll");
  queue.add("c", "edit");
  queue.add("c", "poll");
  for (let i = 0; i < 4; i++) await last().end();
  expect(keys()).toEqual(["running", "c", "a", "b"]);
});

test("a waiting key that is added again keeps its place", async () => {
  for (const priority of ["poll", "edit"] as const) {
    const { clock, queue, keys, last } = harness();
    queue.start();
    queue.add("running");
    await clock.settle();
    for (const key of ["a", "b", "a"]) queue.add(key, priority);
    for (let i = 0; i < 3; i++) await last().end();
    expect(keys()).toEqual(["running", "a", "b"]);
  }
});

test("the earliest of several delays wins, and a reconcile clears the others", async () => {
  const { clock, queue, begun, last } = harness();
  queue.start();
  queue.addAfter("a", 500);
  queue.addAfter("a", 200);
  queue.addAfter("a", 900);
  await clock.advance(1_000);
  expect(begun.map((pass) => pass.at)).toEqual([200]);
  await last().end({ requeueAfterMs: 5_000 });
  queue.add("a");
  await clock.settle();
  await last().end();
  await clock.advance(60_000);
  expect(begun.map((pass) => pass.at)).toEqual([200, 1_000]);
});

test("failures back off, separately for each key, until a reconcile succeeds", async () => {
  const { clock, queue, begun, last, reports } = harness();
  queue.start();
  queue.add("a");
  await clock.settle();
  await last().fail();
  for (let i = 0; i < 5; i++) {
    await clock.advanceToNext();
    await last().fail();
  }
  const gaps = begun.slice(1).map((pass, i) => pass.at - (begun[i]?.at ?? 0));
  expect(gaps).toEqual([1_000, 2_000, 4_000, 5_333, 5_333]);
  expect(reports.at(-1)).toMatchObject({ key: "a", failures: 6, error: new Error("no") });

  await clock.advanceToNext();
  await last().end();
  queue.add("a");
  await clock.settle();
  await last().fail();
  expect(clock.waiting()).toEqual([1_000]);
});

test("no retry comes before the server wants it, and none later than the longest back-off", async () => {
  let asked = 3_000;
  const { clock, queue, begun, last } = harness({ retryAfterMs: () => asked });
  queue.start();
  queue.add("a");
  await clock.settle();
  await last().fail();
  await clock.advanceToNext();
  asked = 3_600_000;
  await last().fail();
  await clock.advanceToNext();
  const gaps = begun.slice(1).map((pass, i) => pass.at - (begun[i]?.at ?? 0));
  expect(gaps).toEqual([3_000, 8_000]);
});

test("an edit of a failing key is reconciled at once", async () => {
  const { clock, queue, keys, last } = harness();
  queue.start();
  queue.add("a");
  await clock.settle();
  await last().fail();
  queue.add("a");
  await clock.settle();
  expect(keys()).toEqual(["a", "a"]);
});

test("stop waits for running reconciles and starts no other", async () => {
  const { clock, queue, keys, last } = harness();
  queue.start();
  queue.add("a");
  queue.add("b");
  queue.addAfter("c", 10);
  await clock.settle();
  let stopped = false;
  const stop = Promise.all([queue.stop(), queue.stop()]).then(() => {
    stopped = true;
  });
  await clock.advance(1_000);
  expect(stopped).toBe(false);
  await last().end({ requeueAfterMs: 1 });
  await stop;
  await queue.stop();
  queue.add("d");
  await clock.advance(1_000);
  expect(keys()).toEqual(["a"]);
  expect(clock.waiting()).toEqual([]);
});

test("counts waiting and running keys, and how long the oldest has waited", async () => {
  const { clock, queue, last, reports } = harness();
  queue.start();
  queue.add("a");
  await clock.settle();
  queue.add("b", "poll");
  await clock.advance(300);
  queue.add("c");
  queue.addAfter("d", 60_000);
  expect(queue.stats()).toEqual({ ready: 2, delayed: 1, running: 1, known: 4, oldestMs: 300 });
  await last().end();
  await last().end();
  await last().end();
  expect(queue.stats()).toEqual({ ready: 0, delayed: 1, running: 0, known: 1, oldestMs: 0 });
  expect(reports).toMatchObject([
    { key: "a", waitedMs: 0, durationMs: 300, failures: 0 },
    { key: "c", waitedMs: 0 },
    { key: "b", waitedMs: 300 },
  ]);
});
