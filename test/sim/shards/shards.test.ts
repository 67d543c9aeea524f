import { beforeAll, expect, test } from "vitest";
import { shardOf } from "../../../src/core/shardOf.ts";
import { everything, isTurn } from "../../support/turn.ts";
import { namespaces, runSharded, type ShardedPlan, type ShardedRun, type ShardFault } from "./shardedRun.ts";

// Several operators on one Kubernetes, each for the namespaces of one shard, with resources of three namespaces. Every action
// happens as often as with one operator, whoever crashes, whoever's lease goes stale, and whatever the number of shards is
// changed to.

/** On each commit one of so many writes, and all of them in so many commits. */
const turns = 20;

let alone: ShardedRun;
beforeAll(async () => {
  alone = await runSharded({ processes: [1] });
});

async function checkAgainstOne(plan: ShardedPlan): Promise<ShardedRun> {
  const result = await runSharded(plan);
  expect({ plan, violations: result.violations, reached: result.reached, actions: result.actions }).toEqual({
    plan,
    violations: [],
    reached: alone.reached,
    actions: alone.actions,
  });
  return result;
}

test("one operator deploys and upgrades each resource once", () => {
  expect(alone.violations).toEqual([]);
  expect(Object.values(alone.reached)).toEqual([true, true, true]);
  for (const actions of Object.values(alone.actions))
    expect(actions).toEqual({
      deploymentsCreated: 2,
      jobsStarted: 2,
      stopsWithSavepoint: 1,
      savepoints: 1,
      restoredBy: ["nothing", "savepoint-path"],
    });
});

test("two operators and a standby do the same, each for its own namespaces", async () => {
  const { processes, writes } = await checkAgainstOne({ processes: [2, 2, 2] });
  expect(namespaces.map((namespace) => shardOf(namespace, 2)).sort()).toEqual([0, 0, 1]);
  expect(processes.map(({ shard }) => shard).sort()).toEqual([0, 1, undefined]);
  expect(writes).toBeLessThanOrEqual(alone.writes);
});

const kinds: [what: string, kind: ShardFault["kind"], processes: number[]][] = [
  ["a pod dies before a write, and a standby takes over", "crash-before", [2, 2, 2]],
  ["a pod dies after a write, and a standby takes over", "crash-after", [2, 2, 2]],
  ["a container dies after a write, and its pod goes on", "container-crash-after", [2, 2]],
  ["the only operator dies, and two of two shards follow", "crash-after", [1, 2, 2]],
  ["one of two dies, and the only one of another number waits for the other", "crash-after", [2, 2, 1]],
];

const positions = (): number[] =>
  Array.from({ length: alone.writes }, (_, index) => index + 1).filter(
    (at) => everything || isTurn(at, turns),
  );

test.each(kinds)("%s: each action happens once", async (_, kind, processes) => {
  for (const at of positions()) await checkAgainstOne({ processes, fault: { kind, at } });
});

test("a lease goes stale, and its holder goes on beside the next: it is refused every write", async () => {
  let refusals = 0;
  let takenOver = 0;
  for (const at of positions()) {
    const result = await checkAgainstOne({ processes: [2, 2, 2], fault: { kind: "stale-lease", at } });
    refusals += result.refusals;
    takenOver += result.processes.filter(({ shard }) => shard !== undefined).length - 2;
  }
  // Of the tests itself: two did hold the same shard, and the first did try to act.
  expect(takenOver).toBe(positions().length);
  expect(refusals).toBeGreaterThan(0);
});
