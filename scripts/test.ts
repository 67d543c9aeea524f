/**
 * Runs the layers of the tests in order and adds up what they say: node scripts/test.ts [LAYER...]
 *
 * The last line is "N passed, N failed", with ", N skipped" where a test could not run here.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countOf, type Totals } from "../test/sim/totals.ts";

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

interface Layer {
  readonly name: string;
  readonly run: (reports: string) => Promise<Count>;
}

const root = join(import.meta.dirname, "..");

/** Resolves to whether it ended well; what it prints goes through, unless `onLine` takes it. */
function run(
  command: string,
  args: readonly string[],
  onLine?: (line: string) => void,
  cwd = root,
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
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

/** A command that passes or fails as a whole. */
const step = async (command: string, ...args: string[]): Promise<Count> => {
  const ok = await run(command, args);
  console.log(`${ok ? "ok" : "FAILED"}: ${[command, ...args].join(" ")}`);
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
};

async function vitest(reports: string, ...projects: string[]): Promise<Count> {
  const report = join(reports, `${projects[0]}.json`);
  const ok = await run("npm", [
    "exec",
    "--",
    "vitest",
    "run",
    ...projects.map((project) => `--project=${project}`),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, "utf8"));
    // A file that does not even load fails no test of its own.
    const failed = numFailedTests === 0 && !ok ? 1 : numFailedTests;
    return { passed: numPassedTests, failed, skipped: numPendingTests };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** The fault suite counts plans. */
async function faultSuite(reports: string): Promise<Count> {
  const file = join(reports, "sim.json");
  const ok = await run("env", [`SIM_TOTALS=${file}`, "npm", "run", "--silent", "sim"]);
  try {
    const { passed, failed } = countOf(JSON.parse(readFileSync(file, "utf8")) as Totals);
    return { passed, failed: failed === 0 && !ok ? 1 : failed, skipped: 0 };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

const localkube = join(root, "localkube/localkube");

/** The embedded Kubernetes: its unit tests, and a proof of it from nothing to nothing. */
async function provenKubernetes(): Promise<Count> {
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  const tested = await run(localkube, ["test", "-json"], (line) => {
    const event = JSON.parse(line) as { Action: string; Test?: string };
    if (event.Test === undefined) return;
    if (event.Action === "pass") count.passed += 1;
    if (event.Action === "skip") count.skipped += 1;
    if (event.Action === "fail") {
      count.failed += 1;
      console.log(`FAILED: ${event.Test}`);
    }
  });
  // A proof of the whole node would end the cluster that a developer works with.
  const status: string[] = [];
  await run(localkube, ["status", "-o", "json"], (line) => status.push(line));
  const clusters = JSON.parse(status.join("\n")) as { name: string; running: boolean }[];
  const isUp = clusters.some(({ name, running }) => name === "localkube" && running);
  const proven = await run(localkube, isUp ? ["prove", "--control-plane"] : ["prove"], (line) => {
    console.log(line);
    if (/^ok\b/.test(line)) count.passed += 1;
    if (/^FAIL\b/.test(line)) count.failed += 1;
  });
  if (!(tested && proven) && count.failed === 0) count.failed = 1;
  return count;
}

const sum = (counts: readonly Count[]): Count => ({
  passed: counts.reduce((total, { passed }) => total + passed, 0),
  failed: counts.reduce((total, { failed }) => total + failed, 0),
  skipped: counts.reduce((total, { skipped }) => total + skipped, 0),
});

const layers: readonly Layer[] = [
  {
    name: "static",
    run: async () =>
      sum([
        await step("npm", "run", "--silent", "lint"),
        await step("npm", "run", "--silent", "typecheck"),
        await step("npm", "run", "--silent", "verify"),
      ]),
  },
  { name: "unit", run: (reports) => vitest(reports, "unit") },
  { name: "sim", run: faultSuite },
  { name: "sim-mutants", run: () => step("npm", "run", "--silent", "sim:mutants") },
  { name: "localkube", run: provenKubernetes },
  { name: "chart", run: (reports) => vitest(reports, "chart") },
  { name: "integration", run: (reports) => vitest(reports, "integration") },
  { name: "e2e", run: (reports) => vitest(reports, "e2e", "e2e-operator", "e2e-rights") },
  { name: "chaos", run: (reports) => vitest(reports, "chaos") },
  { name: "perf", run: (reports) => vitest(reports, "perf") },
];

const asked = process.argv.slice(2);
const chosen = asked.length === 0 ? layers : layers.filter(({ name }) => asked.includes(name));
const reports = mkdtempSync(join(tmpdir(), "test-reports-"));
const counts: Count[] = [];
for (const layer of chosen) {
  const started = performance.now();
  console.log(`\n== ${layer.name}`);
  const count = await layer.run(reports);
  counts.push(count);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `== ${layer.name}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped in ${seconds} s`,
  );
}
rmSync(reports, { recursive: true });
const total = sum(counts);
const skipped = total.skipped === 0 ? "" : `, ${total.skipped} skipped`;
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;
