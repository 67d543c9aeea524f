import { readFileSync } from "node:fs";
import type { Count, NotRun, TestCost } from "./results.ts";

/** The used fields of Vitest's JSON report. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly assertionResults: readonly Assertion[] }[];
}

interface Assertion {
  readonly fullName: string;
  readonly status: string;
  /** Milliseconds. Absent for a test that did not run. */
  readonly duration?: number;
  /** `cpuMs`: test/support/cpu.setup.ts. */
  readonly meta: { readonly cpuMs?: number; readonly missing?: string };
}

/** The result of a run of Vitest. Undefined: there is no report. */
export function readVitestReport(
  file: string,
  layer: string,
): { count: Count; tests: TestCost[]; notRun: NotRun[] } | undefined {
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
    notRun: notRunOf(assertions),
  };
}

/** Tests with a missing prerequisite in their metadata (`missing`). */
function notRunOf(assertions: readonly Assertion[]): NotRun[] {
  const counts = new Map<string, number>();
  for (const { meta, status } of assertions) {
    if (meta.missing === undefined || status === "passed" || status === "failed") continue;
    counts.set(meta.missing, (counts.get(meta.missing) ?? 0) + 1);
  }
  return [...counts].map(([reason, tests]) => ({ reason, tests }));
}
