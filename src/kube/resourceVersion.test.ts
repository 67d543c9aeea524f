import fc from "fast-check";
import { expect, test } from "vitest";
import { compareResourceVersions } from "./resourceVersion.ts";

test("orders resourceVersions as numbers, beyond what a double can hold", () => {
  const natural = fc.bigInt({ min: 0n, max: 2n ** 80n });
  fc.assert(
    fc.property(natural, natural, (a, b) => {
      expect(Math.sign(compareResourceVersions(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});
