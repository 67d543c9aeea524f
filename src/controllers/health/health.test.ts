import { expect, it } from "vitest";
import { evaluateHealth, type WatchHealth } from "./health.ts";

const now = 1_000_000;
const judge = (watches: WatchHealth[], overdueCanaries: string[] = []) =>
  evaluateHealth({ now, watches, overdueCanaries });

const good: WatchHealth = { name: "pods in a", read: true, brokenSince: undefined, denied: false };
const unread: WatchHealth = { ...good, read: false };
const brokenForLong: WatchHealth = { ...good, name: "pods in b", brokenSince: now - 120_000 };
const brokenLately: WatchHealth = { ...brokenForLong, brokenSince: now - 119_000 };
const denied: WatchHealth = { ...brokenForLong, read: false, denied: true };

it.each([
  ["all are read", [good, good], true, true],
  ["nothing is read yet", [unread], true, false],
  ["there is nothing to watch yet", [], true, false],
  ["one is not read yet", [good, unread], true, false],
  ["one has just broken", [good, brokenLately], true, true],
  ["one that worked is broken for long", [good, brokenForLong], false, true],
  ["one namespace is denied", [good, denied], true, true],
  ["one namespace is denied after it was allowed", [good, { ...denied, read: true }], true, true],
  ["all are denied", [denied, denied], false, false],
  ["all are broken and were never read", [{ ...brokenForLong, read: false }], false, false],
] as const)("where %s: live %s", (_, watches, live, ready) => {
  expect(judge([...watches])).toMatchObject({ live, ready });
});

it("an overdue canary is a reason to restart", () => {
  expect(judge([good], ["ns/canary"])).toEqual({
    live: false,
    ready: true,
    problems: ["the change of canary ns/canary was not seen in time"],
  });
});

it("lists the problems", () => {
  expect(judge([good, brokenLately, denied]).problems).toEqual([
    "the watch of pods in b is broken",
    "not allowed to watch pods in b",
  ]);
});
