import { expect, it } from "vitest";
import { missingTexts } from "./otherProjects.ts";

const reports = (...tests: [status: string, title: string][]) =>
  tests.map(([status, title]) => ({ testResults: [{ assertionResults: [{ status, title }] }] }));

it("reports in one line the texts that a run lacked", () => {
  const needs = "needs the Java operator's CRDs (../shared/reference/crds)";
  expect(missingTexts(reports(["passed", "a"], ["skipped", `b: ${needs}`], ["skipped", `c: ${needs}`]))).toBe(
    "skipped, because texts of other projects are missing: 2 comparisons with the Java operator's CRDs (../shared/reference/crds)",
  );
});

it("reports nothing for a run that lacked none", () => {
  expect(missingTexts(reports(["passed", "a"], ["skipped", "for another reason"]))).toBeUndefined();
});
