import { test } from "vitest";
import { type FaultFreeRun, run, runAgainst } from "./harness.ts";
import { type PlannedFault, printPlan, type SimPlan } from "./plan.ts";
import { type PlanKind, planKinds, plansOf } from "./planKinds.ts";
import { assertNoViolations, failedPlans } from "./report.ts";
import type { Run } from "./run.ts";
import { runsNow } from "./turns.ts";
import { workloads } from "./workloads/all.ts";

/** What is kept of a workload's fault-free run: not its world, which is large. */
interface Known extends FaultFreeRun {
  /** By the name of their kind. */
  plans: ReadonlyMap<string, readonly SimPlan[]>;
}

/** Files share a process, one after the other: each workload is run fault-free once in it, and not once for each kind. */
const known = new Map<string, Known>();

const remember = (faultFree: Run): Known => {
  const { plan, endState, actionCounts } = faultFree;
  const plans = new Map(planKinds.map((kind) => [kind.name, plansOf(kind, faultFree)]));
  const kept = { endState, actionCounts, plans };
  known.set(plan.workload, kept);
  return kept;
};

/** Plays a workload without a fault, for those who look at its world. */
export const playFaultFree = async (workload: string): Promise<Run> => {
  const result = await run({ workload, seed: 1 });
  remember(result);
  return result;
};

/** What came of a workload without a fault, of the first time that this process asks. */
export const faultFreeRunOf = async (workload: string): Promise<Known> =>
  known.get(workload) ?? remember(await run({ workload, seed: 1 }));

/** One test for each workload: all its plans of one kind, or a part of them, each held against the fault-free run. */
export const testPlans = (kind: PlanKind, belongs: (fault: PlannedFault) => boolean = () => true): void => {
  for (const { name: workload } of workloads) {
    test(`${workload}: ${kind.name}`, async ({ task }) => {
      const faultFree = await faultFreeRunOf(workload);
      const plans = (faultFree.plans.get(kind.name) ?? [])
        .filter(({ fault }) => fault !== undefined && belongs(fault))
        .filter((plan) => runsNow(plan, kind));
      const failed: Run[] = [];
      for (const plan of plans) {
        const faulty = await runAgainst(faultFree, plan);
        if (faulty.violations.length > 0) failed.push(faulty);
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
export const testFaultFree = (): void => {
  for (const { name: workload } of workloads) {
    test(`${workload}: fault-free`, async ({ task }) => {
      const result = await playFaultFree(workload);
      const failed = result.violations.length > 0 ? [printPlan(result.plan)] : [];
      task.meta.plans = { kind: "fault-free", workload, passed: 1 - failed.length, failed };
      assertNoViolations(result);
    });
  }
};
