import { expect, test } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { createUnwrittenStatuses } from "./unwrittenStatuses.ts";

const stored = (status: object): KubeObject => ({ metadata: { name: "job" }, status });

function setUp() {
  const clock = { time: 0, now: () => clock.time };
  return { clock, statuses: createUnwrittenStatuses(clock) };
}

test("the wait counts from the first change that was not written", () => {
  const { clock, statuses } = setUp();
  expect(statuses.wait("a", stored({}), 10_000)).toBe(10_000);
  clock.time = 4_000;
  expect(statuses.wait("a", stored({}), 10_000)).toBe(6_000);
  expect(statuses.wait("a", stored({}), 1_000)).toBeLessThanOrEqual(0);
  expect(statuses.wait("a", stored({}), 0)).toBe(0);
});

test("a launch's status replaces the stored one until it is written", () => {
  const { statuses } = setUp();
  expect(statuses.applyTo("a", stored({ state: "old" }))).toEqual(stored({ state: "old" }));
  statuses.wait("a", stored({ state: "old" }), 10_000, { state: "launched" });
  statuses.wait("a", stored({ state: "old" }), 10_000);
  expect(statuses.applyTo("a", stored({ state: "old" }))).toEqual(stored({ state: "launched" }));
  statuses.remove("a");
  expect(statuses.applyTo("a", stored({ state: "old" }))).toEqual(stored({ state: "old" }));
  expect(statuses.size).toBe(0);
});

test("a status that somebody else wrote counts, and its own wait begins anew", () => {
  const { clock, statuses } = setUp();
  statuses.wait("a", stored({ state: "old" }), 10_000, { state: "launched" });
  clock.time = 4_000;
  expect(statuses.applyTo("a", stored({ state: "new" }))).toEqual(stored({ state: "new" }));
  expect(statuses.wait("a", stored({ state: "new" }), 10_000)).toBe(10_000);
});
