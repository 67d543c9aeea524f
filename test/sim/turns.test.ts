import { afterEach, expect, test, vi } from "vitest";
import type { MutantRecord } from "./mutants/record.ts";
import { parsePlan, printPlan, type SimPlan } from "./plan.ts";
import mutants from "./results/mutants.json" with { type: "json" };
import { isEdited, onlyKnown, runsNow, sample, turns, turnsOf } from "./turns.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** One of those that take turns in any case (`onlyKnown`): as many commits run it as it stands for plans. */
const variation: SimPlan = { workload: "finish-edit", fault: { kind: "outage", at: 17 }, seed: 1 };
const ofCore: SimPlan = { workload: "upgrade-savepoint", fault: { kind: "outage", at: 1 }, seed: 1 };

/** The turns, of so many in a row, in which something runs. */
const inTurns = (many: number, runs: () => boolean): number[] =>
  Array.from({ length: many }, (_, turn) => turn).filter((turn) => {
    vi.stubEnv("TEST_TURN", String(500 + turn));
    return runs();
  });

const turnsInARow = (plan: SimPlan, kind: string, many: number): number[] =>
  inTurns(many, () => runsNow(plan, { name: kind }));

test.runIf(sample === 1 && process.env.TEST_ALL !== "true")(
  "so many commits in a row run every plan once",
  () => {
    expect(turnsInARow(ofCore, "outage", turns.core)).toHaveLength(1);
    expect(turnsInARow(variation, "outage", turns.variation)).toHaveLength(onlyKnown ? 16 : 1);
    const crash: SimPlan = { ...ofCore, fault: { kind: "crash-after", at: 1 } };
    expect(turnsInARow(crash, "crash", turns.crashOfCore)).toHaveLength(1);
    const edited = inTurns(turns.edits, () => isEdited("spec.podTemplate.metadata"));
    expect(edited).toHaveLength(1);
  },
);

test("whatever has killed a mutant runs on every commit", () => {
  const killers = (mutants as readonly MutantRecord[]).flatMap(({ plan }) => plan ?? []);
  expect(killers).not.toEqual([]);
  for (const plan of killers) {
    expect(printPlan(parsePlan(plan))).toBe(plan);
    expect(turnsOf(parsePlan(plan), { name: "outage" })).toBe(turns.always);
  }
});
