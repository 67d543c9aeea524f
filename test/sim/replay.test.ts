import { test } from "vitest";
import { run } from "./harness.ts";
import { parsePlan } from "./plan.ts";
import { assertKept, fullReport } from "./report.ts";

const { SIM_PLAN: text } = process.env;

test.runIf(text !== undefined)(`replay of ${text}`, async () => {
  const result = await run(parsePlan(text ?? ""));
  console.log(fullReport(result));
  assertKept(result);
});
