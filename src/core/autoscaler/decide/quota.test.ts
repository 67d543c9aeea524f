import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { vertexOf } from "../job.fixture.ts";
import type { Topology } from "../model/topology.ts";
import { quotaReached } from "./quota.ts";

describe("the quotas", () => {
  const groups = ["x", "x", "y"];
  const topology: Topology = new Map(
    ["a", "b", "c"].map((id, at) => [id, vertexOf(id, 2, { slotSharingGroup: groups[at] })]),
  );
  const reached = (
    to: Readonly<Record<string, readonly [number, number]>>,
    config: Readonly<Record<string, string>>,
    of = topology,
  ) => {
    const summaries = new Map(
      Object.entries(to).map(([id, [currentParallelism, newParallelism]]) => [
        id,
        { currentParallelism, newParallelism, metrics: {} },
      ]),
    );
    const size = { cpu: 1.5, memoryBytes: 2 ** 30 };
    return quotaReached(of, summaries, size, flinkConfig(config)) !== undefined;
  };
  const cpu = (quota: string, slots = "1") => ({
    "job.autoscaler.quota.cpu": quota,
    "taskmanager.numberOfTaskSlots": slots,
  });

  it("allow what they say, and not more", () => {
    expect([reached({ a: [2, 4] }, cpu("6")), reached({ a: [2, 4] }, cpu("5.99"))]).toEqual([false, true]);
    const memory = (quota: string) => reached({ a: [2, 4] }, { "job.autoscaler.quota.memory": quota });
    expect([memory("4gb"), memory("4095mb")]).toEqual([false, true]);
  });

  it("count the most subtasks of each slot sharing group, of scaled vertices only", () => {
    expect(reached({ a: [2, 3], b: [2, 4] }, cpu("6"))).toBe(false);
    expect(reached({ a: [2, 3], c: [2, 4] }, cpu("10"))).toBe(true);
    expect(reached({ a: [2, 3], c: [2, 4] }, cpu("10.5"))).toBe(false);
  });

  it("round TaskManagers down", () => {
    expect(reached({ a: [2, 7] }, cpu("4.5", "2"))).toBe(false);
    expect(reached({ a: [2, 8] }, cpu("4.5", "2"))).toBe(true);
  });

  it("do not count where the TaskManagers do not become more, or Flink names no groups", () => {
    expect(reached({ a: [4, 2] }, cpu("0.1"))).toBe(false);
    expect(reached({ a: [2, 3] }, cpu("0.1", "4"))).toBe(false);
    const unnamed = new Map([...topology].map(([id, v]) => [id, { ...v, slotSharingGroup: undefined }]));
    expect(reached({ a: [2, 40] }, cpu("0.1"), unnamed)).toBe(false);
  });
});
