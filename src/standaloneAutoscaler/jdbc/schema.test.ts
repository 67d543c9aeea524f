import { expect, it } from "vitest";
import { timestamp } from "./schema.ts";

it.each([
  [1_500, "1970-01-01 00:00:01.500"],
  [-1, "1970-01-01 00:00:00.000"],
  // Before what a Date can have.
  [-Number.MAX_SAFE_INTEGER, "1970-01-01 00:00:00.000"],
])("%d ms is the timestamp %s", (ms, text) => {
  expect(timestamp(ms)).toBe(text);
});
