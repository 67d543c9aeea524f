import { test } from "vitest";
import type { Run } from "./harness.ts";
import { run, runAgainst } from "./harness.ts";
import { printPlan, type SimPlan } from "./plan.ts";
import { type PlanKind, plansOf } from "./planKinds.ts";
import { assertKept, failedPlans } from "./report.ts";
import { sample } from "./totals.ts";
import { workloads } from "./workloads/all.ts";
import { thinning } from "./workloads/core.ts";
import { hash } from "./world/random.ts";

/** How many plans of a test passed, and which failed: for the totals. */
export interface PlanCount {
  kind: string;
  workload: string;
  passed: number;
  failed: string[];
}

declare module "vitest" {
  interface TaskMeta {
    plans?: PlanCount;
  }
}

/** One test for each workload: all its plans of one kind, each held against the undisturbed run. */
export const testPlans = (kind: PlanKind): void => {
  for (const { name: workload } of workloads) {
    test(`${workload}: ${kind.name}`, async ({ task }) => {
      const undisturbed = await run({ workload, seed: 1 });
      const plans = plansOf(kind, undisturbed).filter(isInSample);
      const failed: Run[] = [];
      for (const plan of plans) {
        const disturbed = await runAgainst(undisturbed, plan);
        if (disturbed.violations.length > 0) failed.push(disturbed);
      }
      task.meta.plans = {
        kind: kind.name,
        workload,
        passed: plans.length - failed.length,
        failed: failed.map(({ plan }) => printPlan(plan)),
      };
      if (failed.length > 0) throw new Error(failedPlans(failed));
    });
  }
};

/** Each workload as it is. */
export const testUndisturbed = (): void => {
  for (const { name: workload } of workloads) {
    test(`${workload}: undisturbed`, async ({ task }) => {
      const plan: SimPlan = { workload, seed: 1 };
      const result = await run(plan);
      const failed = result.violations.length > 0 ? [printPlan(plan)] : [];
      task.meta.plans = { kind: "undisturbed", workload, passed: 1 - failed.length, failed };
      assertKept(result);
    });
  }
};

const isInSample = (plan: SimPlan): boolean =>
  hash(printPlan(plan)) % (sample * thinning(plan.workload)) === 0;
