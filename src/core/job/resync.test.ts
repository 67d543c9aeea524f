import { expect, test } from "vitest";
import { decideFlinkDeployment } from "../flinkdeployment/decide.ts";
import type { Facts } from "./model/facts.ts";
import type { Settings } from "./model/settings.ts";
import {
  aConfiguration,
  anInput,
  aResource,
  aSpec,
  aStatus,
  flinkFacts,
  noCluster,
  theTaskManagers,
  withJobSpec,
} from "./situation.fixture.ts";

const atRest = flinkFacts("RUNNING", {
  config: { flinkVersion: "1.20.1", flinkRevision: "a" },
  taskManagers: { at: 1, list: [{ id: "t", slots: 1, freeSlots: 0 }] },
});
const status = {
  ...aStatus(aSpec),
  clusterInfo: { "flink-version": "1.20.1" },
  lifecycleState: "STABLE" as const,
};

function delayOf(facts: Partial<Facts>, settings: Partial<Settings> = {}): number | undefined {
  const configure = aConfiguration({ reconcileIntervalMs: 15_000, ...settings });
  return decideFlinkDeployment(anInput(aResource(aSpec, status), facts, { configure })).requeueAfterMs;
}

test("a resource at rest whose JobManager answers is reconciled on changes, and every five minutes", () => {
  expect(delayOf({ flink: atRest })).toBe(300_000);
  expect(delayOf({ flink: atRest }, { reconcileIntervalMs: 600_000 })).toBe(600_000);
});

test("so is one that is suspended and has no JobManager", () => {
  const suspended = withJobSpec({ state: "suspended" });
  const decision = decideFlinkDeployment(
    anInput(
      aResource(suspended, aStatus(suspended, { job: { state: "FINISHED" } })),
      { ...noCluster, flink: undefined },
      { configure: aConfiguration({ reconcileIntervalMs: 15_000 }) },
    ),
  );
  expect(decision.requeueAfterMs).toBe(300_000);
});

test("where time alone may change the decision, the interval of the configuration holds", () => {
  const failure = { kind: "timeout", status: 0, message: "no answer", at: 1 } as const;
  const partFailures = { checkpoints: { ...failure, since: 1 } };
  expect(delayOf({ flink: { ...atRest, reachability: "failing" } })).toBe(15_000);
  expect(delayOf({ flink: { ...atRest, partFailures } })).toBe(15_000);
  const health = { restartsWindowMs: 60_000, maxRestarts: 3 } as unknown as Settings["health"];
  expect(delayOf({ flink: atRest }, { health })).toBe(15_000);
  expect(delayOf({ flink: atRest, taskManagers: theTaskManagers({ replicas: 2 }) })).toBeLessThan(15_000);
});
