import { expect, test } from "vitest";
import { retriesExhaustedEvents, retryDelay } from "./retryDelay.ts";

const retry = { floorMs: 5_000, capMs: 60_000, factor: 1.5, maxAttempts: 15 };
const pause = (failures: number, more: Partial<typeof retry> = {}): number =>
  retryDelay({ ...retry, ...more }, failures, () => 0.5);

test("the delay after the last retry is as long as all retries", () => {
  expect(pause(15)).toBeLessThanOrEqual(60_000);
  expect([16, 17, 1_000].map((failures) => pause(failures))).toEqual([900_000, 900_000, 900_000]);
});

test("without retries that delay starts at once, and without a limit never", () => {
  expect(pause(1, { maxAttempts: 0 })).toBe(60_000);
  expect(pause(1_000, { maxAttempts: -1 })).toBeLessThanOrEqual(60_000);
});

test("exhausted retries are reported once", () => {
  const reported = [15, 16, 17].map((failures) => retriesExhaustedEvents(retry, failures));
  expect(reported.map((events) => events.length)).toEqual([0, 1, 0]);
  expect(reported[1]?.[0]?.message).toBe(
    "The same has failed 16 times in a row (kubernetes.operator.retry.max.attempts: 15). From now on it is tried every " +
      "900 s, or as soon as the resource changes.",
  );
});
