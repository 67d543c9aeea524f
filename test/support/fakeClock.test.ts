import { expect, test } from "vitest";
import { fakeClock } from "./fakeClock.ts";

test("runs timers in the order of their due times, each at its due time", async () => {
  const clock = fakeClock(0);
  const seen: string[] = [];
  clock.after(20, () => seen.push(`late@${clock.now()}`));
  clock.after(10, () => seen.push(`early@${clock.now()}`));
  await clock.advance(15);
  expect(seen).toEqual(["early@10"]);
  expect(clock.now()).toBe(15);
  expect(clock.waiting()).toEqual([5]);
  await clock.advance(5);
  expect(seen).toEqual(["early@10", "late@20"]);
});

test("a timer created by a promise that a timer settled runs in the same advance", async () => {
  const clock = fakeClock(0);
  const seen: number[] = [];
  clock.after(10, () => {
    void Promise.resolve().then(() => clock.after(10, () => seen.push(clock.now())));
  });
  await clock.advance(30);
  expect(seen).toEqual([20]);
});

test("a cancelled timer does not run", async () => {
  const clock = fakeClock();
  let ran = false;
  const cancel = clock.after(10, () => {
    ran = true;
  });
  cancel();
  await clock.advance(20);
  expect(ran).toBe(false);
  expect(await clock.advanceToNext()).toBe(false);
});
