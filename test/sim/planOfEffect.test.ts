import { expect, test } from "vitest";
import { actsOfEdits } from "./planOfEffect.ts";
import { workloadNamed, workloads } from "./workloads/all.ts";

/** In these, somebody else stops the job at the moment of the edit. */
const isDisturbed = (name: string): boolean =>
  name.includes("stopped-elsewhere") ||
  name === "savepoint-elsewhere" ||
  name === waitsForCheckpoint ||
  isAutoscaled(name);

/** Flink does not change the tasks when it is asked to, which a plan does not foresee. */
const waitsForCheckpoint = "rescale-waits-for-checkpoint";

/** What the load of the new job leads to is no part of the plan. */
const isAutoscaled = (name: string): boolean => name.startsWith("autoscaler-");

/** The age of the newest checkpoint, which decides here, is not in the status. */
const knowsAge = "upgrade-old-checkpoint";

const undisturbed = workloads.filter(({ name, healthy }) => healthy && !isDisturbed(name));

let compared = 0;

for (const workload of undisturbed) {
  test(`${workload.name}: each edit has the acts of its plan`, async () => {
    for (const { step, planned, acted, effects, assumed } of await actsOfEdits(workload)) {
      compared++;
      expect({ step, acts: acted }).toEqual({ step, acts: planned });
      if (workload.name !== knowsAge) expect({ step, effects: assumed }).toEqual({ step, effects });
    }
  });
}

test("an edit that waits for approval acts when it is approved, as its plan says", async () => {
  const [edit, approval, ...more] = await actsOfEdits(workloadNamed("approval-savepoint"));
  expect([edit?.acted, approval?.acted[0], approval?.acted.at(-1), more]).toEqual([
    [],
    "validate",
    "start job from the savepoint that it is stopped with",
    [],
  ]);
});

test("many edits were compared with their plans", () => {
  expect(compared).toBeGreaterThan(100);
});
