import { expect, it } from "vitest";
import { missingTexts } from "./otherProjects.ts";

const reports = (...tests: [status: string, title: string][]) =>
  tests.map(([status, title]) => ({ testResults: [{ assertionResults: [{ status, title }] }] }));

it("says in one line what a run did without", () => {
  const needs = "needs the Java operator's CRDs (../shared/reference/crds)";
  expect(missingTexts(reports(["passed", "a"], ["skipped", `b: ${needs}`], ["skipped", `c: ${needs}`]))).toBe(
    "skipped, for want of texts of other projects: 2 comparisons with the Java operator's CRDs (../shared/reference/crds)",
  );
});

it("says nothing of a run that did without nothing", () => {
  expect(missingTexts(reports(["passed", "a"], ["skipped", "for another reason"]))).toBeUndefined();
});
