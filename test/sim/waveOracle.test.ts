import { expect, test } from "vitest";
import { operatorOptions } from "../../src/config/operatorOptions.ts";
import { worldWith } from "./support/byHand.ts";
import { boundedWaves } from "./waveOracle.ts";
import type { JournalEvent } from "./world/journal.ts";

const started = (sessionJob: string): JournalEvent => ({
  event: "job-started",
  cluster: "sample",
  pod: "a",
  jobId: sessionJob,
  sessionJob,
  program: "",
  recovered: false,
  restored: { count: 0, from: "nothing", by: "nothing" },
});
const stopped = (jobId: string): JournalEvent => ({
  event: "savepoint-requested",
  jobId,
  triggerId: jobId,
  stop: true,
  repeated: false,
});
const deleted = (name: string): JournalEvent => ({
  event: "kubernetes-write",
  actor: "user",
  verb: "delete",
  kind: "FlinkSessionJob",
  name,
  outcome: "ok",
});

const messages = (...events: JournalEvent[]): string[] => {
  const world = worldWith(started("one"), started("two"), ...events);
  world.operatorDefaults = { [operatorOptions.maxUnavailable.key]: "1" };
  return boundedWaves(world).map(({ message }) => message);
};

test("more jobs are stopped than the limit allows, and the place of a deleted one is free", () => {
  expect(messages(stopped("one"), stopped("two"))).toEqual([
    "one, two are stopped at the same time, 1 at most",
  ]);
  expect(messages(stopped("one"), deleted("one"), stopped("two"))).toEqual([]);
  expect(messages(stopped("one"), started("one"), stopped("two"))).toEqual([]);
});
