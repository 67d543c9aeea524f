import { expect, test } from "vitest";
import type { Plan } from "../plan/plan.ts";
import { warnOfTransition } from "./warnOfTransition.ts";

const change = (field: string) => ({ field, before: "1", after: "2", effect: "upgrade" as const });
const plan = (more: Partial<Plan>): Plan => ({
  kind: "FlinkBlueGreenDeployment",
  namespace: "ns",
  name: "app",
  effect: "nothing",
  disruptive: false,
  changes: [change("spec.template.spec.image"), { ...change("spec.configuration"), effect: "ignore" }],
  steps: [],
  touches: [],
  risks: [],
  ...more,
});

test("a transition, and what it starts from", () => {
  expect(warnOfTransition(plan({ effect: "replace", restore: { from: "s3://old", refused: [] } }))).toBe(
    "the change of spec.template.spec.image starts the job in a second FlinkDeployment, from s3://old; the one that runs is deleted once it runs",
  );
  expect(warnOfTransition(plan({ effect: "replace", waitsFor: "a person" }))).toMatch(
    /empty, without state; .* a person has promoted it$/,
  );
});

test("of many changes the first, and how many there are", () => {
  const changes = [1, 2, 3, 4, 5, 6].map((nth) => change(`spec.f${nth}`));
  expect(warnOfTransition(plan({ effect: "stop", changes }))).toBe(
    "the change of spec.f1, spec.f2, spec.f3, spec.f4, 2 more stops the job",
  );
});

test.each(["nothing", "in place", "when resumed", "start", "refused"] as const)("nothing of %s", (effect) => {
  expect(warnOfTransition(plan({ effect }))).toBeUndefined();
});
