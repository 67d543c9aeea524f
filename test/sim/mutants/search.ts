import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { run, runAgainst } from "../harness.ts";
import { parsePlan, printPlan, type SimPlan } from "../plan.ts";
import { planKinds, plansOf } from "../planKinds.ts";
import { fullReport } from "../report.ts";
import results from "../results/mutants.json" with { type: "json" };
import type { Run } from "../run.ts";
import { workloads } from "../workloads/all.ts";
import type { Mutant } from "./mutant.ts";
import type { MutantRecord } from "./record.ts";

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

/** Ends after `limitMs`, also where plans are left. */
export const search = async (mutant: Mutant, limitMs: number): Promise<MutantResult> => {
  let plans = 0;
  const cpuSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
  for await (const { plan, violations } of runs(mutant)) {
    plans++;
    const [first] = violations;
    if (first === undefined || (await failsAnyway(mutant, plan))) {
      if (performance.now() > limitMs) break;
      continue;
    }
    const killedBy = { plan: printPlan(plan), invariant: first.invariant, message: first.message };
    return { killedBy, plans, cpuSeconds: cpuSeconds() };
  }
  return { plans, cpuSeconds: cpuSeconds() };
};

/** A plan that fails without the mutant too says nothing about it. The recorded one runs without it on every commit. */
async function failsAnyway(mutant: Mutant, plan: SimPlan): Promise<boolean> {
  const text = printPlan(plan);
  if (text === recordedPlan(mutant)) return false;
  const program = join(import.meta.dirname, "runPlan.ts");
  return promisify(execFile)(process.execPath, [program, text]).then(
    () => false,
    () => true,
  );
}

const recordedPlan = ({ name }: Mutant): string | undefined =>
  records.find((record) => record.name === name)?.plan;

/**
 * The plan that killed it last time comes first, then where its author expected it to be killed, then every workload without
 * a fault, then all the rest.
 */
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
  const last = recordedPlan(mutant);
  if (last !== undefined) {
    const plan = parsePlan(last);
    const without = yield* faultFreeRunOf(plan.workload);
    if (plan.fault !== undefined) yield await runAgainst(without, plan);
  }
  for (const name of mutant.workloads) yield* faultFreeRunOf(name);
  const [expected, others] = places(mutant);
  for (const { workload, kind } of expected) {
    const without = yield* faultFreeRunOf(workload);
    for (const plan of plansOf(kind, without)) yield await runAgainst(without, plan);
  }
  for (const { name } of workloads) yield* faultFreeRunOf(name);
  for (const { workload, kind } of others) {
    const without = yield* faultFreeRunOf(workload);
    for (const plan of plansOf(kind, without)) yield await runAgainst(without, plan);
  }
}

const records: readonly MutantRecord[] = results;

/** Each workload with each kind of plans: the expected ones, and the others, those of expected workloads first. */
function places(mutant: Mutant) {
  const likely = (name: string, among: readonly string[]): number =>
    among.includes(name) ? among.indexOf(name) : among.length;
  const order = (workload: string, kind: string): number =>
    100 * likely(workload, mutant.workloads) + likely(kind, mutant.kinds);
  const all = workloads
    .flatMap(({ name: workload }) => planKinds.map((kind) => ({ workload, kind })))
    .sort((a, b) => order(a.workload, a.kind.name) - order(b.workload, b.kind.name));
  const isExpected = ({ workload, kind }: (typeof all)[number]) =>
    mutant.workloads.includes(workload) && mutant.kinds.includes(kind.name);
  return [all.filter(isExpected), all.filter((place) => !isExpected(place))] as const;
}
