import { run, runAgainst } from "../harness.ts";
import { parsePlan, printPlan } from "../plan.ts";
import { planKinds, plansOf } from "../planKinds.ts";
import { fullReport } from "../report.ts";
import results from "../results/mutants.json" with { type: "json" };
import type { Run } from "../run.ts";
import { workloads } from "../workloads/all.ts";
import type { Mutant } from "./mutants.ts";

/** What came of the search for a plan that kills a mutant. */
export interface MutantResult {
  /** The plan and the invariant that it violated; absent: the mutant survived. */
  killedBy?: { plan: string; invariant: string; message: string };
  /** So many plans ran. */
  plans: number;
  /** Processor time, in seconds. */
  cpuSeconds: number;
}

/** All that happens in one plan. */
export const replay = async (text: string): Promise<string> => {
  const plan = parsePlan(text);
  const faultFree = await run({ workload: plan.workload, seed: plan.seed });
  return fullReport(plan.fault === undefined ? faultFree : await runAgainst(faultFree, plan));
};

export const search = async (mutant: Mutant): Promise<MutantResult> => {
  let plans = 0;
  const cpuSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
  for await (const { plan, violations } of runs(mutant)) {
    plans++;
    const [first] = violations;
    if (first === undefined) continue;
    const killedBy = { plan: printPlan(plan), invariant: first.invariant, message: first.message };
    return { killedBy, plans, cpuSeconds: cpuSeconds() };
  }
  return { plans, cpuSeconds: cpuSeconds() };
};

/** The plan that killed it last time comes first, then where its author expected it to be killed, then all the rest. */
async function* runs(mutant: Mutant): AsyncGenerator<Run> {
  const faultFree = new Map<string, Run>();
  async function* faultFreeRunOf(workload: string): AsyncGenerator<Run, Run> {
    const found = faultFree.get(workload);
    if (found !== undefined) return found;
    const result = await run({ workload, seed: 1 });
    faultFree.set(workload, result);
    yield result;
    return result;
  }
  const last = results.find(({ name }) => name === mutant.name);
  if (last !== undefined) {
    const plan = parsePlan(last.plan);
    const without = yield* faultFreeRunOf(plan.workload);
    if (plan.fault !== undefined) yield await runAgainst(without, plan);
  }
  for (const { workload, kind } of places(mutant)) {
    const without = yield* faultFreeRunOf(workload);
    for (const plan of plansOf(kind, without)) yield await runAgainst(without, plan);
  }
}

/** Each workload with each kind of plans, the expected ones first. */
function places(mutant: Mutant) {
  const likely = (name: string, among: readonly string[]): number =>
    among.includes(name) ? among.indexOf(name) : among.length;
  const order = (workload: string, kind: string): number =>
    100 * likely(workload, mutant.workloads) + likely(kind, mutant.kinds);
  return workloads
    .flatMap(({ name: workload }) => planKinds.map((kind) => ({ workload, kind })))
    .sort((a, b) => order(a.workload, a.kind.name) - order(b.workload, b.kind.name));
}
