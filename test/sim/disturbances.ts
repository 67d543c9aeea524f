import { test } from "vitest";
import { type Run, run, runAgainst } from "./harness.ts";
import { type Disturbance, printPlan, restFaults, type SimPlan } from "./plan.ts";
import { assertKept } from "./report.ts";
import { workloads } from "./workloads/all.ts";

/**
 * One test for each write of a workload's undisturbed run and each side of it: the operator dies there, another one
 * takes over, and all must end as if nothing had happened.
 */
export const testCrashes = async (workload: string, seed = 1): Promise<void> => {
  const undisturbed = await run({ workload, seed });
  test(printPlan({ workload, seed }), () => assertKept(undisturbed));
  for (let at = 1; at <= undisturbed.writes; at++) {
    testDisturbance(undisturbed, { kind: "crash-before", at });
    testDisturbance(undisturbed, { kind: "crash-after", at });
  }
};

/** One test for each way in which each call that asks a JobManager for something can go wrong. */
export const testRestFaults = async (seed = 1): Promise<void> => {
  for (const { name: workload, surviving } of workloads) {
    const undisturbed = await run({ workload, seed });
    for (const at of undisturbed.restWrites) {
      for (const fault of restFaults) {
        // A JobManager that restarts without high availability runs its job from the beginning, whoever operates it.
        if (fault === "jobmanager-restart" && !surviving) continue;
        testDisturbance(undisturbed, { kind: `rest-${fault}`, at });
      }
    }
  }
};

const testDisturbance = (undisturbed: Run, disturbance: Disturbance): void => {
  const plan: SimPlan = { ...undisturbed.plan, disturbance };
  test(printPlan(plan), async () => assertKept(await runAgainst(undisturbed, plan)));
};
