import { expect, test } from "vitest";
import { ProcessClock, VirtualClock } from "./clock.ts";

test("timers run in order of their due time, then of creation, and promises settle in between", async () => {
  const clock = new VirtualClock(0);
  const seen: string[] = [];
  const note = (text: string) => () => {
    seen.push(`${clock.now()} ${text}`);
  };
  clock.after(20, note("later"));
  clock.after(10, () => {
    note("first")();
    void Promise.resolve().then(note("a promise of the first"));
  });
  clock.after(10, note("second"));
  clock.after(15, note("cancelled"))();
  await clock.runFor(100);
  expect(seen).toEqual(["10 first", "10 a promise of the first", "10 second", "20 later"]);
  expect(clock.now()).toBe(100);
});

test("a wait ends when its condition holds, or at its deadline", async () => {
  const clock = new VirtualClock(0);
  let done = false;
  clock.after(30, () => {
    done = true;
  });
  expect(await clock.runUntil(() => done, 20)).toBe(false);
  expect(clock.now()).toBe(20);
  expect(await clock.runUntil(() => done, 1_000)).toBe(true);
  expect(clock.now()).toBe(30);
});

test("a killed process's timers never fire", async () => {
  const clock = new VirtualClock(0);
  const process = new ProcessClock(clock);
  let fired = 0;
  process.after(10, () => fired++);
  process.after(30, () => fired++);
  await clock.runFor(20);
  process.kill();
  process.after(1, () => fired++);
  await clock.runFor(100);
  expect(fired).toBe(1);
});

test("time passes in whole milliseconds", async () => {
  const clock = new VirtualClock(0);
  const seen: number[] = [];
  clock.after(10.25, () => seen.push(clock.now()));
  await clock.runFor(100);
  expect(seen).toEqual([11]);
});
