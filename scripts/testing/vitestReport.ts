import { readFileSync } from "node:fs";
import { missingTexts } from "../../test/support/otherProjects.ts";
import type { Outcome } from "./results.ts";

/** The used fields of Vitest's JSON report. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly assertionResults: readonly Assertion[] }[];
}

interface Assertion {
  readonly fullName: string;
  readonly title: string;
  readonly status: string;
  readonly failureMessages?: readonly string[];
  /** Milliseconds. Absent for a test that did not run. */
  readonly duration?: number;
  /** test/support/cpu.setup.ts. */
  readonly meta: { readonly cpuMs?: number; readonly attempts?: number };
}

/** What a run of Vitest came to; undefined where it left no report. */
export function readVitestReport(file: string, layer: string): Outcome | undefined {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch {
    return undefined;
  }
  const assertions = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    count: {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests,
    },
    tests: assertions.flatMap(({ fullName, duration, meta }) =>
      duration === undefined
        ? []
        : [{ layer, test: fullName, seconds: duration / 1000, cpuSeconds: (meta.cpuMs ?? 0) / 1000 }],
    ),
    missing: missingTexts([report]),
    ranAgain: assertions
      .filter(({ status, meta: { attempts = 1 } }) => status === "passed" && attempts > 1)
      .map(({ fullName }) => fullName),
    failures: assertions
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages }) => `${fullName}: ${firstLine(failureMessages?.[0])}`),
  };
}

const firstLine = (text = "no message"): string => text.trim().split("\n", 1)[0]?.slice(0, 300) ?? "";
