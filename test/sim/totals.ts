import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";
import { currentTurn, everything } from "../support/turn.ts";
import type { EditCounts } from "./edits/families.ts";
import type { PlanCount } from "./planCount.ts";
import type { Step } from "./scenario.ts";
import { sample } from "./turns.ts";
import { workloads } from "./workloads/all.ts";

/** What a whole run of the suite came to. */
export interface Totals {
  /** Whether every plan ran, or those of one commit's turn. */
  everything: boolean;
  /** One of so many of those. */
  sample: number;
  /** Plans that passed, by kind and workload. */
  plans: Record<string, Record<string, number>>;
  /** What the user does in each workload. */
  descriptions: Record<string, string>;
  failedPlans: string[];
  /** Edits of a running resource by kind and how they ended. */
  edits: EditCounts;
  /** Tests of the simulation itself, which play no plans. */
  tests: { passed: number; failed: number };
}

/** Vitest's reporter of the fault suite: counts plans, not tests. SIM_TOTALS=file has the totals written there. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const totals = totalsOf(modules);
    const file = process.env.SIM_TOTALS;
    if (file !== undefined) writeFileSync(file, `${JSON.stringify(totals, null, 2)}\n`);
    console.log(printTotals(totals));
  }
}

const totalsOf = (modules: readonly TestModule[]): Totals => {
  const totals: Totals = {
    everything,
    sample,
    plans: {},
    descriptions: Object.fromEntries(workloads.map(({ name, steps }) => [name, inWords(steps)])),
    failedPlans: [],
    edits: {},
    tests: { passed: 0, failed: 0 },
  };
  for (const module of modules) {
    let failed = 0;
    for (const test of module.children.allTests()) {
      const { plans, edits } = test.meta();
      const { state } = test.result();
      if (state === "failed") failed++;
      if (plans !== undefined) add(totals, plans);
      else if (edits !== undefined) addEdits(totals.edits, edits);
      else if (state === "passed" || state === "failed") totals.tests[state]++;
    }
    // A file that does not even load fails no test of its own.
    if (module.state() === "failed" && failed === 0) totals.tests.failed++;
  }
  return totals;
};

const inWords = (steps: readonly Step[]): string => steps.map((step) => step.name).join("; ");

const add = ({ plans, failedPlans }: Totals, { kind, workload, passed, failed }: PlanCount): void => {
  plans[kind] = { ...plans[kind], [workload]: (plans[kind]?.[workload] ?? 0) + passed };
  failedPlans.push(...failed);
};

const addEdits = (all: EditCounts, more: EditCounts): void => {
  for (const [kind, counts] of Object.entries(more) as [keyof EditCounts, Record<string, number>][]) {
    const before: Record<string, number> = { ...all[kind] };
    for (const [outcome, times] of Object.entries(counts)) before[outcome] = (before[outcome] ?? 0) + times;
    all[kind] = before;
  }
};

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((all, one) => all + one, 0);

/** Everything together: plans, edits and tests. */
export const countOf = ({ plans, failedPlans, edits, tests }: Totals): { passed: number; failed: number } => {
  const ends = Object.values(edits).map(({ failed = 0, ...ended }) => ({ failed, passed: sum(ended) }));
  return {
    passed: [...Object.values(plans).map(sum), ...ends.map(({ passed }) => passed)].reduce(
      (all, one) => all + one,
      tests.passed,
    ),
    failed: ends.reduce((all, { failed }) => all + failed, failedPlans.length + tests.failed),
  };
};

const whichPlans = ({ everything, sample }: Totals): string =>
  [everything ? "all of them" : `turn ${currentTurn()}`, ...(sample === 1 ? [] : [`one of ${sample}`])].join(
    ", ",
  );

export const printTotals = (totals: Totals): string => {
  const { plans, failedPlans, edits, tests } = totals;
  const line = (name: string, count: number) => `  ${name.padEnd(40)}${String(count).padStart(6)}`;
  const { passed, failed } = countOf(totals);
  return [
    `plans that passed, by kind (${whichPlans(totals)}):`,
    ...Object.entries(plans).map(([kind, counts]) => line(kind, sum(counts))),
    ...(Object.keys(edits).length === 0
      ? []
      : ["edits that were applied or refused, and taken back, by kind:"]),
    ...Object.entries(edits).map(([kind, { failed: _, ...ended }]) => line(kind, sum(ended))),
    line("tests of the simulation itself", tests.passed),
    ...failedPlans.map((plan) => `failed: SIM_PLAN='${plan}' npm run sim -- test/sim/replay`),
    `${passed} passed, ${failed} failed`,
  ].join("\n");
};
