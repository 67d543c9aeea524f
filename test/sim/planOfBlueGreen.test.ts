import { expect, test } from "vitest";
import { actsOfBlueGreenEdits } from "./planOfBlueGreen.ts";
import { workloads } from "./workloads/all.ts";

/** Somebody deletes a FlinkDeployment. */
const isDisturbed = (name: string): boolean => name.includes("-deleted");

const undisturbed = workloads.filter(
  ({ name, healthy }) =>
    healthy && name.startsWith("blue-green-") && name !== "blue-green-has-no-effect" && !isDisturbed(name),
);

let compared = 0;

for (const workload of undisturbed) {
  test(`${workload.name}: each edit has the acts of its plan`, async () => {
    for (const { step, planned, acted, effects, assumed } of await actsOfBlueGreenEdits(workload)) {
      compared++;
      expect({ step, acts: acted }).toEqual({ step, acts: planned });
      expect({ step, effects: assumed }).toEqual({ step, effects });
    }
  });
}

test("edits were compared with their plans", () => {
  expect(compared).toBeGreaterThan(8);
});
