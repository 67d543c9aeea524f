import { expect, test } from "vitest";
import { resourceTypes } from "../../src/api/kubernetes.ts";
import { countActions } from "./actionCounts.ts";
import { checkDeletion } from "./deletion.ts";
import type { Deletion, Run } from "./run.ts";
import { resourceName } from "./workloads/resource.ts";
import type { JournalEvent } from "./world/journal.ts";
import { namespace, startOfTime, World } from "./world/world.ts";

// A check that is too lenient hides a deletion that does half of its work: each of its conditions is violated here once.

const deployed: JournalEvent = {
  event: "kubernetes-write",
  actor: "operator#1",
  verb: "create",
  kind: "Deployment",
  name: resourceName,
  outcome: "ok",
};
const requested: JournalEvent = {
  event: "savepoint-requested",
  jobId: "1",
  triggerId: "t",
  stop: true,
  repeated: false,
};
const submitted: JournalEvent = {
  event: "job-started",
  cluster: resourceName,
  pod: "a",
  jobId: "1",
  sessionJob: "one",
  restored: { count: 0, from: "nothing", by: "nothing" },
  program: "",
  recovered: false,
};

interface Case {
  before?: JournalEvent[];
  /** What happens two seconds after the deletion. */
  after?: JournalEvent[];
  deletion?: Partial<Deletion>;
  prepare?(world: World): void;
}

const violated = async ({ before = [], after = [], deletion, prepare }: Case): Promise<string[]> => {
  const world = new World({ seed: 1 });
  for (const event of before) world.journal.add(event);
  const index = world.journal.entries.length;
  await world.clock.runUntil(() => false, startOfTime + 2_000);
  for (const event of after) world.journal.add(event);
  prepare?.(world);
  const faultFree = countActions(world.journal);
  const run = {
    world,
    actionCounts: countActions(world.journal),
    deletion: {
      sessionJobs: ["one"],
      cluster: true,
      applications: 1,
      savepointAsked: [],
      withSavepoint: [],
      index,
      at: startOfTime,
      ...deletion,
    },
  } as unknown as Run;
  return checkDeletion({ ...faultFree, deploymentsCreated: 1, jobStarts: 1 }, run).map(
    ({ invariant }) => invariant,
  );
};

test("nothing is left, and nothing was begun", async () => {
  expect(await violated({ before: [deployed, submitted] })).toEqual([]);
});

test("an object is left", async () => {
  const labels = { app: resourceName };
  const configMap = { metadata: { name: `flink-config-${resourceName}`, namespace, labels } };
  const prepare = ({ server }: World): void => void server.create("user", resourceTypes.configMap, configMap);
  expect(await violated({ prepare })).toEqual(["deletion leaves nothing"]);
  expect(await violated({ prepare, deletion: { cluster: false } })).toEqual([]);
});

test.each([deployed, submitted, requested])("a $event after the deletion", async (event) => {
  expect(await violated({ before: [submitted].slice(event === submitted ? 1 : 0), after: [event] })).toEqual([
    "deletion begins nothing",
  ]);
});

test("a savepoint that was asked for", async () => {
  const asked = { savepointAsked: ["one"], withSavepoint: ["1"] };
  expect(await violated({ before: [submitted], after: [requested], deletion: asked })).toEqual([
    "savepoint on deletion",
  ]);
});

test("an action more than in the fault-free run", async () => {
  expect(await violated({ before: [deployed, deployed] })).toEqual(["each action once"]);
});
