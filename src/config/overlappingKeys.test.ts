import { expect, it } from "vitest";
import { describeOverlaps } from "./overlappingKeys.ts";

it("reports all pairs at once, each with the key to set instead, in any order", () => {
  const keys = [
    "state.backend.incremental",
    "state.backend",
    "restart-strategy",
    "restart-strategy.exponential-delay.initial-backoff",
    "high-availability",
    "high-availability.storageDir",
    "high-availability.cluster-id",
    "env.java.opts",
    "env.java.opts.jobmanager",
    "state.checkpoints.dir",
  ];
  const message =
    "Overlapping key prefixes detected (env.java.opts -> env.java.opts.jobmanager), " +
    "(high-availability -> high-availability.cluster-id), " +
    "(restart-strategy -> restart-strategy.exponential-delay.initial-backoff), " +
    "(state.backend -> state.backend.incremental), please replace with Flink v2 compatible, non-deprecated keys: " +
    "write env.java.opts.all instead of env.java.opts; write high-availability.type instead of high-availability; " +
    "write restart-strategy.type instead of restart-strategy; write state.backend.type instead of state.backend";
  expect(describeOverlaps(keys)).toEqual({ key: "env.java.opts", message });
  expect(describeOverlaps(keys.toReversed())).toEqual({ key: "env.java.opts", message });
});

it.each([
  [["env.java.opts", "env.java.opts.all"], "leave out env.java.opts, since env.java.opts.all is set"],
  [
    ["metrics.scope.jm", "metrics.scope.jm.job"],
    "write metrics.scope.jm-job instead of metrics.scope.jm.job",
  ],
  [
    [
      "execution.checkpointing.checkpoints-after-tasks-finish",
      "execution.checkpointing.checkpoints-after-tasks-finish.enabled",
    ],
    "write execution.checkpointing.checkpoints-after-tasks-finish instead of execution.checkpointing.checkpoints-after-tasks-finish.enabled",
  ],
  [["my.key", "my.key.more"], "leave out my.key or my.key.more"],
])("for %j the error says what would be right", (keys, remedy) => {
  expect(describeOverlaps(keys)?.message).toContain(` keys: ${remedy}`);
});

it("reports nothing for keys that do not overlap", () => {
  expect(describeOverlaps(["a.b", "a.c", "a-b"])).toBeUndefined();
});
