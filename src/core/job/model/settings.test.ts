import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyConfig, type FlinkConfig, flinkConfig } from "../../../config/flinkConfig.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { optionKeys } from "../../../config/option.ts";
import { readSettings } from "./settings.ts";

const root = join(import.meta.dirname, "..", "..", "..", "..");
const source = readFileSync(
  join(root, "runners", "sql", "src", "flink", "operator", "sql", "Settings.java"),
  "utf8",
);
const refused = [...source.matchAll(/^ +"([^"]+)"[,)]/gm)].map(([, prefix = ""]) => prefix);

/** Options of processes, which no job can change. */
const ofProcesses =
  /^(high-availability|recovery\.|rest\.|web\.|security\.ssl\.|taskmanager\.|job-result-store\.|jobmanager\.)/;

test("a script cannot SET what the operator decides by, under any of its names", () => {
  const read = new Set<string>();
  const config: FlinkConfig = {
    ...emptyConfig,
    get: (option) => {
      if (Object.values<unknown>(flinkOptions).includes(option))
        for (const key of optionKeys(option)) read.add(key);
      return emptyConfig.get(option);
    },
  };
  const { totalCpu } = readSettings(config);
  totalCpu(1);
  const keys = [...read].filter((key) => !ofProcesses.test(key));
  expect(keys).toContain("execution.checkpointing.externalized-checkpoint-retention");
  // Of the parallelism the operator only tells what resources the job takes.
  expect(keys.filter((key) => !refused.some((prefix) => key.startsWith(prefix)))).toEqual([
    flinkOptions.defaultParallelism.key,
  ]);
  // The operator sets it, and a SET would undo what it has set.
  expect(refused).toContain(flinkOptions.parallelismOverrides.key);
});

test.each([
  [{}, "high-availability.type is not set"],
  [{ "high-availability.type": "kubernetes" }, undefined],
  [{ "high-availability.type": "kubernetes", "job-result-store.delete-on-commit": "false" }, undefined],
  [
    { "high-availability.type": "kubernetes", "job-result-store.delete-on-commit": "true" },
    "job-result-store.delete-on-commit is true",
  ],
])("whether a stopped job may be submitted again: %j", (entries, why) => {
  expect(readSettings(flinkConfig(entries)).submitsAgain).toBe(why);
});
