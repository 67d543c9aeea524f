import { expect, test } from "vitest";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { withRescaling } from "./rescaling.ts";

const cooldown = "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling";
const interval = "jobmanager.adaptive-scheduler.scaling-interval.min";
const delay = "jobmanager.adaptive-scheduler.rescale-trigger.max-delay";

const added = (version: string, entries: Record<string, string> = {}) => {
  const before = flinkConfig({
    "$internal.flink.version": version,
    "jobmanager.scheduler": "Adaptive",
    ...entries,
  });
  return Object.fromEntries(
    [...withRescaling(before).entries].filter(([key, value]) => before.entries.get(key) !== value),
  );
};

test("a change of the parallelism waits for nothing but slots, by the names of each version", () => {
  expect(added("v2_3")).toEqual({ [cooldown]: "0 ms", [delay]: "0 ms" });
  expect(added("v1_20")).toEqual({ [interval]: "0 ms" });
  expect(added("v1_18")).toEqual({});
});

test("what the user sets stays, under either name", () => {
  expect(added("v2_3", { [interval]: "1 min", [delay]: "5 s" })).toEqual({});
  expect(added("v1_20", { [interval]: "1 min" })).toEqual({});
});

test.each([
  ["of another scheduler", { "jobmanager.scheduler": "default" }],
  ["of a reactive cluster", { "scheduler-mode": "reactive" }],
  ["of a standalone cluster", { "execution.target": "remote" }],
  ["where it is switched off", { "kubernetes.operator.job.upgrade.inplace-scaling.enabled": "false" }],
])("nothing is added to the configuration %s", (_, entries) => {
  expect(added("v2_3", entries)).toEqual({});
});
