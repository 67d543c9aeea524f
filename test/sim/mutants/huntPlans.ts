import { run, runAgainst } from "../harness.ts";
import { parsePlan, printPlan, type SimPlan } from "../plan.ts";
import { planKinds, plansOf } from "../planKinds.ts";
import { fullReport } from "../report.ts";
import { workloads } from "../workloads/all.ts";
import type { Mutant } from "./mutants.ts";

/** What came of the hunt for one mutant. */
export interface Hunt {
  /** The plan that noticed and the promise that it saw broken; absent: nobody noticed. */
  caught?: { plan: string; promise: string; what: string };
  played: number;
}

export const hunt = async (mutant: Mutant, text: string | undefined): Promise<void> => {
  if (text !== undefined) {
    const plan = parsePlan(text);
    const faultFree = await run({ workload: plan.workload, seed: plan.seed });
    console.log(fullReport(plan.fault === undefined ? faultFree : await runAgainst(faultFree, plan)));
    return;
  }
  console.log(JSON.stringify(await search(mutant)));
};

const search = async (mutant: Mutant): Promise<Hunt> => {
  let played = 0;
  for await (const { plan, violations } of runs(mutant)) {
    played++;
    const [first] = violations;
    if (first === undefined) continue;
    return { caught: { plan: printPlan(plan), promise: first.promise, what: first.what }, played };
  }
  return { played };
};

/** What its author expected to notice comes first, then all the rest. */
async function* runs(mutant: Mutant): AsyncGenerator<Awaited<ReturnType<typeof run>>> {
  const likely = (name: string, among: readonly string[]): number =>
    among.includes(name) ? among.indexOf(name) : among.length;
  const places = workloads
    .flatMap(({ name: workload }) => planKinds.map((kind) => ({ workload, kind })))
    .map((place) => ({
      ...place,
      order: 100 * likely(place.workload, mutant.workloads) + likely(place.kind.name, mutant.kinds),
    }))
    .sort((a, b) => a.order - b.order);
  const faultFree = new Map<string, Awaited<ReturnType<typeof run>>>();
  for (const { workload, kind } of places) {
    let calm = faultFree.get(workload);
    if (calm === undefined) {
      calm = await run({ workload, seed: 1 } satisfies SimPlan);
      faultFree.set(workload, calm);
      yield calm;
    }
    for (const plan of plansOf(kind, calm)) yield await runAgainst(calm, plan);
  }
}
