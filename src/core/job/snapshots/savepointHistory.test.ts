import { expect, test } from "vitest";
import { boundedHistory } from "./savepointHistory.ts";

const now = 1_000_000;
const savepointsOf = (...ages: number[]) =>
  ages.map((age) => ({ timeStamp: now - age, location: `file:/sp-${age}` }));
const kept = (maxCount: number, maxAgeMs: number, ...ages: number[]) =>
  boundedHistory(savepointsOf(...ages), { maxCount, maxAgeMs }, now).map(({ location }) => location);

test("the history keeps the newest savepoints, up to a number", () => {
  expect(kept(2, 1_000, 30, 20, 10)).toEqual(["file:/sp-20", "file:/sp-10"]);
});

test("the history drops entries that are too old", () => {
  expect(kept(10, 25, 30, 20, 10)).toEqual(["file:/sp-20", "file:/sp-10"]);
});

test("the history never drops the newest entry, whatever the limits", () => {
  expect(kept(0, 0, 30, 20, 10)).toEqual(["file:/sp-10"]);
});
