import fc from "fast-check";
import { expect, test } from "vitest";
import { topsOf, windowOf } from "./virtualWindow.ts";

test("everything that is in view is drawn, and little more", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 20, max: 100 }), { maxLength: 200 }),
      fc.integer({ min: -500, max: 20_000 }),
      fc.integer({ min: 0, max: 1000 }),
      (heights, from, height) => {
        const tops = topsOf(heights);
        const { first, end } = windowOf(tops, from, from + height, 2);
        for (let item = 0; item < heights.length; item += 1) {
          const isInView = (tops[item] as number) <= from + height && (tops[item + 1] as number) >= from;
          if (isInView) expect(item >= first && item < end).toBe(true);
        }
        expect(end - first).toBeLessThanOrEqual(Math.ceil(height / 20) + 6);
      },
    ),
  );
});

test("nothing is drawn of nothing", () => {
  expect(windowOf(topsOf([]), 0, 100, 5)).toEqual({ first: 0, end: 0 });
});
