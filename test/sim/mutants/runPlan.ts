/** Runs one plan against the operator as it is: node runPlan.ts PLAN. Exit code 1: it fails. */
import { run, runAgainst } from "../harness.ts";
import { parsePlan } from "../plan.ts";

const plan = parsePlan(process.argv[2] ?? "");
const faultFree = await run({ workload: plan.workload, seed: plan.seed });
const { violations } = plan.fault === undefined ? faultFree : await runAgainst(faultFree, plan);
process.exitCode = violations.length === 0 ? 0 : 1;
