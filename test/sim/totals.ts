import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";
import type { PlanCount } from "./families.ts";

/** What a whole run of the suite came to. */
export interface Totals {
  /** Plans that passed, by kind and workload. */
  plans: Record<string, Record<string, number>>;
  failedPlans: string[];
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
  const totals: Totals = { plans: {}, failedPlans: [], tests: { passed: 0, failed: 0 } };
  for (const module of modules) {
    let failed = 0;
    for (const test of module.children.allTests()) {
      const { plans } = test.meta();
      const { state } = test.result();
      if (state === "failed") failed++;
      if (plans !== undefined) add(totals, plans);
      else if (state === "passed" || state === "failed") totals.tests[state]++;
    }
    // A file that does not even load fails no test of its own.
    if (module.state() === "failed" && failed === 0) totals.tests.failed++;
  }
  return totals;
};

const add = ({ plans, failedPlans }: Totals, { kind, workload, passed, failed }: PlanCount): void => {
  plans[kind] = { ...plans[kind], [workload]: (plans[kind]?.[workload] ?? 0) + passed };
  failedPlans.push(...failed);
};

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((all, one) => all + one, 0);

export const printTotals = ({ plans, failedPlans, tests }: Totals): string => {
  const kinds = Object.entries(plans).map(([kind, counts]) => [kind, sum(counts)] as const);
  const passed = kinds.reduce((all, [, count]) => all + count, 0);
  const line = (name: string, count: number) => `  ${name.padEnd(40)}${String(count).padStart(6)}`;
  return [
    "plans that passed, by kind:",
    ...kinds.map(([kind, count]) => line(kind, count)),
    line("tests of the simulation itself", tests.passed),
    ...failedPlans.map((plan) => `failed: SIM_PLAN='${plan}' npm run sim -- test/sim/replay`),
    `${passed + tests.passed} passed, ${failedPlans.length + tests.failed} failed`,
  ].join("\n");
};
