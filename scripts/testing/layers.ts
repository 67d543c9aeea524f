import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { countOf as countPlans, type Totals } from "../../test/sim/totals.ts";
import { machineCpuMs } from "../../test/support/machineCpu.ts";
import { type Cost, type Count, countOf, type Outcome, type TestCost } from "./results.ts";
import { readVitestReport } from "./vitestReport.ts";

export interface Layer {
  readonly name: string;
  /** Whether it runs real Flink. */
  readonly onFlink?: boolean;
  /** `reports` is a folder for files in between. */
  run(reports: string): Promise<Outcome>;
}

const root = join(import.meta.dirname, "../..");
const localkube = join(root, "localkube/localkube");
const nothing: Outcome = {
  count: { passed: 0, failed: 0, skipped: 0 },
  tests: [],
  ranAgain: [],
  failures: [],
};

/** Resolves to whether the command succeeded. Its output is printed, or passed to `onLine`. */
function run(command: string, args: readonly string[], onLine?: (line: string) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", onLine === undefined ? "inherit" : "pipe", "inherit"],
    });
    let rest = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine?.(line);
    });
    child.on("error", () => resolve(false));
    child.on("close", (code) => resolve(code === 0));
  });
}

/**
 * Begins with Flink's images, which on a new machine wait minutes for packages from elsewhere: layers that compute run meanwhile.
 * Whoever needs an image waits for the one that is being built, and reports what is wrong with it.
 */
export function beginImages(): void {
  spawn("nice", ["-n", "10", "npm", "run", "--silent", "images", "--", "flink"], {
    cwd: root,
    stdio: "ignore",
  });
}

/** What it took, with the processor time of the whole machine. */
export async function measured<T>(work: () => Promise<T>): Promise<Cost & { result: T }> {
  const [started, cpu] = [performance.now(), machineCpuMs()];
  const result = await work();
  return {
    result,
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (machineCpuMs() - cpu) / 1000,
  };
}

/** Runs commands one after the other. Each is one test. */
async function steps(layer: string, commands: readonly (readonly [string, ...string[]])[]): Promise<Outcome> {
  const tests: TestCost[] = [];
  const failures: string[] = [];
  for (const [command, ...args] of commands) {
    const test = [command, ...args].join(" ");
    const { result: ok, seconds, cpuSeconds } = await measured(() => run(command, args));
    console.log(`${ok ? "ok" : "FAILED"}: ${test}`);
    if (!ok) failures.push(test);
    tests.push({ layer, test, seconds, cpuSeconds });
  }
  const failed = failures.length;
  return { ...nothing, count: { passed: commands.length - failed, failed, skipped: 0 }, tests, failures };
}

const withoutReport: Outcome = { ...nothing, count: { passed: 0, failed: 1, skipped: 0 } };

/** An npm script that runs Vitest, with its reporters. */
async function vitest(
  layer: string,
  reports: string,
  reporters: readonly string[] = ["--reporter=default"],
): Promise<Outcome> {
  const file = join(reports, `${layer}.json`);
  const ok = await run("npm", [
    ...["run", "--silent", layer, "--"],
    ...[...reporters, "--reporter=json", `--outputFile.json=${file}`],
  ]);
  const report = readVitestReport(file, layer);
  if (report === undefined) return withoutReport;
  return { ...report, count: atLeastOneFailed(report.count, ok) };
}

/** Counts a failure if a file could not be loaded, which fails no test. */
const atLeastOneFailed = (count: Count, ok: boolean): Count =>
  count.failed === 0 && !ok ? { ...count, failed: 1 } : count;

/** The fault suite counts plans. */
async function faultSuite(layer: string, reports: string): Promise<Outcome> {
  const totals = join(reports, "totals.json");
  process.env.SIM_TOTALS = totals;
  const { count: tests, ...outcome } = await vitest(layer, reports, []);
  try {
    const counted = JSON.parse(readFileSync(totals, "utf8")) as Totals;
    const { passed, failed } = countPlans(counted);
    const failures = [...counted.failedPlans, ...outcome.failures];
    return {
      ...outcome,
      failures,
      count: atLeastOneFailed({ passed, failed, skipped: 0 }, tests.failed === 0),
    };
  } catch {
    return withoutReport;
  }
}

/** Mutation tests: each mutant is one test. */
async function mutants(layer: string, reports: string): Promise<Outcome> {
  const file = join(reports, "mutants.json");
  process.env.MUTANTS_REPORT = file;
  const ok = await run("npm", ["run", "--silent", "sim:mutants"]);
  try {
    const results = JSON.parse(readFileSync(file, "utf8")) as (Cost & { name: string; outcome: string })[];
    const numberOf = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
    // Recorded as survivors: no test notices them yet.
    const [passed, skipped] = [numberOf("killed"), numberOf("open")];
    return {
      ...nothing,
      failures: results
        .filter(({ outcome }) => !["killed", "open"].includes(outcome))
        .map(({ name, outcome }) => `${name}: ${outcome}`),
      count: atLeastOneFailed({ passed, failed: results.length - passed - skipped, skipped }, ok),
      tests: results.map(({ name, seconds, cpuSeconds }) => ({ layer, test: name, seconds, cpuSeconds })),
    };
  } catch {
    return withoutReport;
  }
}

/** The embedded Kubernetes: its unit tests, and a test of its whole lifecycle. */
async function provenKubernetes(layer: string): Promise<Outcome> {
  const failures: string[] = [];
  const tested = await measured(() => goTests(failures));
  const proven = await measured(() => proof(failures));
  return {
    ...nothing,
    failures,
    count: countOf([tested.result, proven.result]),
    tests: [
      { layer, test: "localkube test", ...tested },
      { layer, test: "localkube prove", ...proven },
    ].map(({ layer, test, seconds, cpuSeconds }) => ({ layer, test, seconds, cpuSeconds })),
  };
}

async function goTests(failures: string[]): Promise<Count> {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const ok = await run(localkube, ["test", "-json"], (line) => {
    const event = JSON.parse(line) as { Action: string; Test?: string };
    if (event.Test === undefined) return;
    if (event.Action === "pass") count.passed += 1;
    if (event.Action === "skip") count.skipped += 1;
    if (event.Action === "fail") {
      count.failed += 1;
      failures.push(event.Test);
    }
  });
  return atLeastOneFailed(count, ok);
}

async function proof(failures: string[]): Promise<Count> {
  const count = { passed: 0, failed: 0, skipped: 0 };
  // A test of the whole node would stop the cluster that a developer uses.
  const status: string[] = [];
  await run(localkube, ["status", "-o", "json"], (line) => status.push(line));
  const clusters = JSON.parse(status.join("\n")) as { name: string; running: boolean }[];
  const isUp = clusters.some(({ name, running }) => name === "localkube" && running);
  const ok = await run(localkube, isUp ? ["prove", "--control-plane"] : ["prove"], (line) => {
    console.log(line);
    if (/^ok\b/.test(line)) count.passed += 1;
    if (!/^FAIL\b/.test(line)) return;
    count.failed += 1;
    failures.push(line);
  });
  return atLeastOneFailed(count, ok);
}

/** The layers in the order of their runs, the fastest failures first. */
export const layers: readonly Layer[] = [
  {
    name: "static",
    run: () =>
      steps(
        "static",
        ["lint", "typecheck", "verify"].map((script) => ["npm", "run", "--silent", script]),
      ),
  },
  { name: "unit", run: (reports) => vitest("unit", reports) },
  { name: "browser", run: (reports) => vitest("browser", reports) },
  { name: "sim", run: (reports) => faultSuite("sim", reports) },
  { name: "sim-mutants", run: (reports) => mutants("sim-mutants", reports) },
  { name: "localkube", run: () => provenKubernetes("localkube") },
  { name: "chart", run: (reports) => vitest("chart", reports) },
  { name: "integration", run: (reports) => vitest("integration", reports) },
  { name: "e2e", onFlink: true, run: (reports) => vitest("e2e", reports) },
  { name: "chaos", onFlink: true, run: (reports) => vitest("chaos", reports) },
  { name: "perf", onFlink: true, run: (reports) => vitest("perf", reports) },
];
