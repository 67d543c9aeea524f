import { expect, test } from "vitest";
import { decideBlueGreen } from "./decide.ts";

const resource = (generation: number, status?: object, more: object = {}) => ({
  metadata: { name: "job", namespace: "ns", generation, ...more },
  ...(status && { status }),
});

test("a FlinkBlueGreenDeployment is told once for each generation that it has no effect", () => {
  const theirs = { blueGreenState: "ACTIVE_BLUE" };
  const first = decideBlueGreen(resource(1, theirs), 0);
  expect(first?.status).toMatchObject({
    ...theirs,
    conditions: [
      { type: "Effective", status: "False", reason: "BlueGreenHasNoEffect", observedGeneration: 1 },
    ],
  });
  expect(first?.events).toMatchObject([{ type: "Warning", reason: "BlueGreenHasNoEffect", once: true }]);
  expect(decideBlueGreen(resource(1, first?.status), 60_000)).toBeUndefined();
  const second = decideBlueGreen(resource(2, first?.status), 60_000);
  expect(second?.status.conditions).toMatchObject([
    { observedGeneration: 2, lastTransitionTime: new Date(0).toISOString() },
  ]);
  expect(second?.events[0]?.key).not.toBe(first?.events[0]?.key);
});

test("one that is being deleted is left alone", () => {
  const deleting = resource(1, undefined, { deletionTimestamp: "1970-01-01T00:00:00Z" });
  expect(decideBlueGreen(deleting, 0)).toBeUndefined();
});
