import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readVitestReport } from "./vitestReport.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "report-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const report = (...assertionResults: object[]) => {
  const file = join(folder, "report.json");
  const counts = { numPassedTests: 2, numFailedTests: 1, numPendingTests: 2 };
  writeFileSync(file, JSON.stringify({ ...counts, testResults: [{ assertionResults }] }));
  return readVitestReport(file, "unit");
};

test("what ran has its cost, and what ran again or failed is named", () => {
  const outcome = report(
    { fullName: "quick", status: "passed", duration: 1_500, meta: { cpuMs: 500, attempts: 1 } },
    { fullName: "flaky", status: "passed", duration: 3_000, meta: { cpuMs: 100, attempts: 2 } },
    {
      fullName: "broken",
      status: "failed",
      duration: 1_000,
      meta: { attempts: 2 },
      failureMessages: ["AssertionError: expected 1 to be 2\n    at somewhere", "again"],
    },
  );
  expect(outcome?.count).toEqual({ passed: 2, failed: 1, skipped: 2 });
  expect(outcome?.tests).toEqual([
    { layer: "unit", test: "quick", seconds: 1.5, cpuSeconds: 0.5 },
    { layer: "unit", test: "flaky", seconds: 3, cpuSeconds: 0.1 },
    { layer: "unit", test: "broken", seconds: 1, cpuSeconds: 0 },
  ]);
  expect(outcome?.ranAgain).toEqual(["flaky"]);
  expect(outcome?.failures).toEqual(["broken: AssertionError: expected 1 to be 2"]);
});

test("what did not run for want of something is reported", () => {
  const title = "the Java operator's CRDs: needs the Java operator's CRDs (../shared/reference/crds)";
  const outcome = report(
    { fullName: title, title, status: "skipped", meta: {} },
    { fullName: "replay", title: "replay", status: "skipped", meta: {} },
  );
  expect(outcome?.missing).toContain("1 comparisons with the Java operator's CRDs");
});

test("a run without a report", () => {
  expect(readVitestReport(join(folder, "none.json"), "unit")).toBeUndefined();
});
