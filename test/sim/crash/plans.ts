import { expect, test } from "vitest";
import { run, runAgainst } from "../harness.ts";
import { printPlan, type SimPlan } from "../plan.ts";
import { report } from "../report.ts";

/**
 * One test for each write of a workload's undisturbed run and each side of it: the operator dies there, another one
 * takes over, and all must end as if nothing had happened.
 */
export const testCrashes = async (workload: string, seed = 1): Promise<void> => {
  const undisturbed = await run({ workload, seed });
  test(printPlan({ workload, seed }), () => {
    expect(undisturbed.violations, report(undisturbed)).toEqual([]);
  });
  for (let at = 1; at <= undisturbed.writes; at++) {
    for (const kind of ["crash-before", "crash-after"] as const) {
      const plan: SimPlan = { workload, disturbance: { kind, at }, seed };
      test(printPlan(plan), async () => {
        const disturbed = await runAgainst(undisturbed, plan);
        expect(disturbed.violations, report(disturbed)).toEqual([]);
      });
    }
  }
};
