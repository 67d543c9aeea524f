import { test } from "vitest";
import { type Run, run, runAgainst, type Undisturbed } from "./harness.ts";
import { type Disturbance, printPlan, type SimPlan } from "./plan.ts";
import { type PlanKind, planKinds, plansOf } from "./planKinds.ts";
import { assertKept, failedPlans } from "./report.ts";
import { runsNow } from "./turns.ts";
import { workloads } from "./workloads/all.ts";

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

/** What is kept of a workload's undisturbed run: not its world, which is large. */
interface Known extends Undisturbed {
  /** By the name of their kind. */
  plans: ReadonlyMap<string, readonly SimPlan[]>;
}

/** Files share a process, one after the other: each workload is run undisturbed once in it, and not once for each kind. */
const known = new Map<string, Known>();

const remember = (undisturbed: Run): Known => {
  const { plan, end, tally } = undisturbed;
  const plans = new Map(planKinds.map((kind) => [kind.name, plansOf(kind, undisturbed)]));
  const kept = { end, tally, plans };
  known.set(plan.workload, kept);
  return kept;
};

/** Plays a workload undisturbed, for those who look at its world. */
export const playUndisturbed = async (workload: string): Promise<Run> => {
  const result = await run({ workload, seed: 1 });
  remember(result);
  return result;
};

/** What came of a workload without a disturbance, of the first time that this process asks. */
export const undisturbedRunOf = async (workload: string): Promise<Known> =>
  known.get(workload) ?? remember(await run({ workload, seed: 1 }));

/** One test for each workload: all its plans of one kind, or a part of them, each held against the undisturbed run. */
export const testPlans = (
  kind: PlanKind,
  belongs: (disturbance: Disturbance) => boolean = () => true,
): void => {
  for (const { name: workload } of workloads) {
    test(`${workload}: ${kind.name}`, async ({ task }) => {
      const undisturbed = await undisturbedRunOf(workload);
      const plans = (undisturbed.plans.get(kind.name) ?? [])
        .filter(({ disturbance }) => disturbance !== undefined && belongs(disturbance))
        .filter((plan) => runsNow(plan, kind));
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
      const result = await playUndisturbed(workload);
      const failed = result.violations.length > 0 ? [printPlan(result.plan)] : [];
      task.meta.plans = { kind: "undisturbed", workload, passed: 1 - failed.length, failed };
      assertKept(result);
    });
  }
};
