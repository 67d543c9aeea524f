import { test } from "vitest";
import { run, runAgainst } from "./harness.ts";
import { parsePlan, type SimPlan } from "./plan.ts";
import { assertNoViolations, fullReport } from "./report.ts";
import type { Run } from "./run.ts";

const { SIM_PLAN: text } = process.env;

/** A run with a fault is compared with the fault-free run here too, so it has the same violations as in the suite. */
const play = async (plan: SimPlan): Promise<Run> => {
  const { fault, ...faultFree } = plan;
  return fault === undefined ? run(plan) : runAgainst(await run(faultFree), plan);
};

test.runIf(text !== undefined)(`replay of ${text}`, async () => {
  const result = await play(parsePlan(text ?? ""));
  console.log(fullReport(result));
  assertNoViolations(result);
});
