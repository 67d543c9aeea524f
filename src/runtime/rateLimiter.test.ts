import { expect, test } from "vitest";
import { createRateLimiter } from "./rateLimiter.ts";

const setUp = (cacheSize = 10) => {
  let now = 0;
  const limiter = createRateLimiter({ burst: 3, intervalMs: 1_000 }, { now: () => now }, cacheSize);
  const takeAll = (key: string) => {
    let taken = 0;
    while (limiter.take(key)) taken += 1;
    return taken;
  };
  return {
    takeAll,
    pass(ms: number) {
      now += ms;
    },
  };
};

test("a burst, then one in each interval, up to a burst again", () => {
  const { takeAll, pass } = setUp();
  expect(takeAll("a")).toBe(3);
  pass(999);
  expect(takeAll("a")).toBe(0);
  pass(1);
  expect(takeAll("a")).toBe(1);
  pass(60_000);
  expect(takeAll("a")).toBe(3);
});

test("each key has its own bucket, and the key used longest ago is evicted", () => {
  const { takeAll } = setUp(2);
  expect(["a", "b", "a", "c", "b", "a"].map(takeAll)).toEqual([3, 3, 0, 3, 0, 3]);
});
