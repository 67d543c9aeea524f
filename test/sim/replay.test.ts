import { test } from "vitest";
import { type Run, run, runAgainst } from "./harness.ts";
import { parsePlan, type SimPlan } from "./plan.ts";
import { assertKept, fullReport } from "./report.ts";

const { SIM_PLAN: text } = process.env;

/** A disturbed run is held against the undisturbed one here too: it breaks what it broke in the suite. */
const play = async (plan: SimPlan): Promise<Run> => {
  const { fault, ...undisturbed } = plan;
  return fault === undefined ? run(plan) : runAgainst(await run(undisturbed), plan);
};

test.runIf(text !== undefined)(`replay of ${text}`, async () => {
  const result = await play(parsePlan(text ?? ""));
  console.log(fullReport(result));
  assertKept(result);
});
