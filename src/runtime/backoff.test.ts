import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffDelay } from "./backoff.ts";

const backoff = { floorMs: 800, capMs: 30_000, factor: 2 };

test("grows from the floor to the cap and stays between them, also after very many failures", () => {
  const few = [1, 2, 3, 4, 5, 6, 7].map((failures) => backoffDelay(backoff, failures, () => 0));
  expect(few).toEqual([800, 1_600, 3_200, 6_400, 12_800, 20_000, 20_000]);
  fc.assert(
    fc.property(fc.nat(100_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, chance) => {
      const delay = backoffDelay(backoff, failures, () => chance);
      expect(delay).toBeGreaterThanOrEqual(800);
      expect(delay).toBeLessThanOrEqual(30_000);
    }),
  );
});

test("a third of it is random", () => {
  expect(backoffDelay(backoff, 3, () => 0)).toBe(3_200);
  expect(backoffDelay(backoff, 3, () => 0.5)).toBe(4_000);
});
