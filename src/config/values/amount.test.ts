import { expect, test } from "vitest";
import { parseAmount } from "./amount.ts";

test.each([
  ["3", { count: 3 }],
  ["0", { count: 0 }],
  [" 25 % ", { percent: 25 }],
  ["100%", { percent: 100 }],
])("%s is read", (text, amount) => expect(parseAmount(text)).toEqual(amount));

test.each(["", "-1", "1.5", "101%", "%", "ten", "1%%"])('"%s" is refused', (text) =>
  expect(() => parseAmount(text)).toThrow("neither a whole number"),
);
