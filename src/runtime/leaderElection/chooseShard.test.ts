import { describe, expect, it } from "vitest";
import { chooseShard, shardLeaseName, shardsIdentity } from "./chooseShard.ts";
import type { LeaseView } from "./lease.ts";

const timing = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const now = 100_000;

/** A lease of this holder, as it is for so long. Undefined: there is none. */
const lease = (holderIdentity: string | undefined, sinceMs = 0): LeaseView => ({
  lease:
    holderIdentity === undefined
      ? undefined
      : { metadata: { name: "a" }, spec: { holderIdentity, leaseDurationSeconds: 15 } },
  seenAt: now - sinceMs,
});

const choose = (views: LeaseView[], first = 0) =>
  chooseShard({ identity: "me", timing, views, first, steadyNow: now, wallNow: 0 });

it("the number of shards is in every lease", () => {
  expect([shardLeaseName("lease", 0, 3), shardsIdentity(3)]).toEqual(["lease-0-of-3", "3 shards"]);
});

describe("a process chooses", () => {
  it.each<[string, LeaseView[], number, number | undefined]>([
    ["a lease that is not there", [lease("a"), lease(undefined)], 0, 1],
    ["one that was released", [lease("a"), lease("")], 0, 1],
    ["one that its holder has not renewed for its duration", [lease("a"), lease("b", 15_000)], 0, 1],
    ["none that is held", [lease("a"), lease("b", 14_999)], 0, undefined],
    ["the first that is free, from a shard of its own on", [lease(""), lease(""), lease("")], 2, 2],
    ["in a circle", [lease(""), lease("a"), lease("b")], 1, 0],
    ["one that has its name before a free one", [lease(""), lease("me")], 0, 1],
  ])("%s", (_, views, first, shard) => {
    expect(choose(views, first)).toMatchObject({ shard, surplus: [] });
  });
});

it("of two that have its name it keeps one", () => {
  expect(choose([lease("me"), lease(""), lease("me")], 1)).toMatchObject({ shard: 2, surplus: [0] });
});

it("names those that it waits for once", () => {
  expect(choose([lease("b"), lease("a"), lease("b"), lease("")]).holders).toEqual(["b", "a"]);
});
