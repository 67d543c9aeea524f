import { defineConfig } from "vitest/config";
import { plantPlugin } from "./test/sim/mutants/plantPlugin.ts";
import { currentTurn } from "./test/support/turn.ts";

// All processes of a run have the same turn.
process.env.TEST_TURN = String(currentTurn());

// One project a test layer (docs/architecture.md, "Tests"): each has its own limits and its own npm script.
const layer = (name: string, include: string[], timeout: number, extra: Record<string, unknown> = {}) => ({
  test: {
    name,
    include,
    testTimeout: timeout,
    hookTimeout: timeout,
    setupFiles: "test/support/cpu.setup.ts",
    ...extra,
  },
});

const temporaryFolder = "test/support/temporaryFolder.setup.ts";

// Real JVMs on a shared machine: a scenario that fails runs once more, and the report says so.
const scenarios = {
  retry: 1,
  globalSetup: "test/e2e/globalSetup.ts",
  // Scenarios run side by side: what a test takes is what the machine does meanwhile.
  env: { TEST_CPU: "machine" },
  // On some commits it is the turn of no scenario of a file.
  passWithNoTests: true,
};
/** It replaces the operator of all namespaces: with it run only those that need no operator. */
const withoutOperator = ["chart", "conformance"].map((name) => `test/e2e/${name}.test.ts`);
/** What is read off all of them. */
const afterwards = "test/e2e/rights.test.ts";

export default defineConfig({
  test: {
    projects: [
      {
        ...layer(
          "unit",
          [
            "src/**/*.test.ts",
            "web/**/*.test.{ts,tsx}",
            "images/**/*.test.ts",
            "scripts/**/*.test.ts",
            "test/support/**/*.test.ts",
            "test/chaos/support/*.test.ts",
            "test/capacity/**/*.test.ts",
          ],
          30_000,
          // Files share processes: importing the same modules anew for each takes as long as half of the tests.
          { globalSetup: temporaryFolder, isolate: false },
        ),
        plugins: [plantPlugin()],
      },
      // Nearly all of its time is computing: code as Node runs it, in two processes that stay warm, with room for what is
      // thrown away after each plan.
      layer("sim", ["test/sim/**/*.test.ts"], 900_000, {
        maxWorkers: 2,
        isolate: false,
        execArgv: ["--max-semi-space-size=64", "--import", "./test/sim/mutants/plantFromEnvironment.ts"],
        experimental: { viteModuleRunner: false, nodeLoader: false },
      }),
      layer("integration", ["test/integration/**/*.test.ts"], 180_000, {
        fileParallelism: false,
        globalSetup: ["test/support/controlPlane.setup.ts", temporaryFolder],
      }),
      // The front end in a real browser, over a made-up fleet.
      layer("browser", ["test/browser/**/*.test.ts"], 90_000, {
        globalSetup: "test/browser/globalSetup.ts",
        maxWorkers: 2,
        // As with scenarios: real processes on a shared machine.
        retry: 1,
        // The browser takes the time, not this process.
        env: { TEST_CPU: "machine" },
      }),
      // By the real Helm, which is built the first time.
      layer("chart", ["test/chart/**/*.test.ts"], 600_000, { globalSetup: temporaryFolder }),
      // So many scenarios at a time keep two cores busy while JVMs wait for each other.
      layer("e2e", ["test/e2e/**/*.test.ts"], 1_800_000, {
        ...scenarios,
        exclude: [...withoutOperator, afterwards],
        maxWorkers: 3,
        maxConcurrency: 2,
      }),
      layer("e2e-operator", withoutOperator, 1_800_000, {
        ...scenarios,
        maxWorkers: 2,
        maxConcurrency: 2,
        sequence: { groupOrder: 1 },
      }),
      layer("e2e-rights", [afterwards], 60_000, {
        globalSetup: scenarios.globalSetup,
        sequence: { groupOrder: 2 },
      }),
      // The short form ends within four minutes on a quiet machine, the long one within twenty.
      layer("chaos", ["test/chaos/*.test.ts"], 3_600_000, {
        fileParallelism: false,
        globalSetup: scenarios.globalSetup,
        env: scenarios.env,
      }),
      layer("perf", ["test/perf/**/*.test.ts"], 1_800_000, {
        fileParallelism: false,
        globalSetup: scenarios.globalSetup,
        env: scenarios.env,
      }),
    ],
  },
});
