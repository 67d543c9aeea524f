import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { jobManagerMemory, taskManagerMemory } from "./memory.ts";

const jobManager = (entries: Record<string, string>, version: "v1_16" | "v1_20" | "v2_0" = "v2_0") =>
  jobManagerMemory(flinkConfig(entries), version);
const taskManager = (entries: Record<string, string>, version: "v1_16" | "v1_20" | "v2_0" = "v2_0") =>
  taskManagerMemory(flinkConfig(entries), version);
const mebibytes = (bytes: bigint) => Number(bytes) / 2 ** 20;

describe("the memory of a process", () => {
  it("is the sum of its parts, however it is configured", () => {
    const size = fc.integer({ min: 1024, max: 100_000 }).map((megabytes) => `${megabytes}m`);
    const given = fc.constantFrom("process.size", "flink.size");
    fc.assert(
      fc.property(given, size, (key, text) => {
        const { flink, jvmMetaspace, jvmOverhead, process } = taskManager({
          [`taskmanager.memory.${key}`]: text,
        });
        const parts = Object.values(flink).reduce((sum, part) => sum + part, jvmMetaspace + jvmOverhead);
        expect(parts).toBe(process);
        const manager = jobManager({ [`jobmanager.memory.${key}`]: text });
        expect(manager.flink.heap + manager.flink.offHeap + manager.jvmMetaspace + manager.jvmOverhead).toBe(
          manager.process,
        );
      }),
    );
  });

  it("assigns the rest of the process memory to the overhead", () => {
    const { jvmOverhead } = jobManager({
      "jobmanager.memory.process.size": "1600m",
      "jobmanager.memory.flink.size": "1100m",
    });
    expect(mebibytes(jvmOverhead)).toBe(244);
  });

  it("assigns the rest of the Flink memory to the network", () => {
    const { flink } = taskManager({
      "taskmanager.memory.flink.size": "1g",
      "taskmanager.memory.task.heap.size": "256m",
      "taskmanager.memory.managed.size": "384m",
    });
    expect(mebibytes(flink.network)).toBe(128);
  });

  it("has the old limit of the network memory below 1.17", () => {
    const network = (version: "v1_16" | "v1_20") =>
      mebibytes(taskManager({ "taskmanager.memory.flink.size": "20g" }, version).flink.network);
    expect(network("v1_16")).toBe(1024);
    expect(network("v1_20")).toBeCloseTo(2048);
  });

  it.each([
    ["v1_20", { "jobmanager.heap.size": "1g" }, 1024],
    ["v1_20", { "jobmanager.heap.mb": "1024" }, 1024],
    ["v1_20", { "jobmanager.heap.size": "1g", "jobmanager.memory.process.size": "2g" }, 2048],
  ] as const)("%s with %j is %d MiB", (version, entries, size) => {
    expect(mebibytes(jobManager(entries, version).process)).toBe(size);
  });

  it.each<[typeof jobManager | typeof taskManager, Record<string, string>, string, RegExp]>([
    [jobManager, {}, "jobmanager.memory.process.size", /spec\.jobManager\.resources\.requests\.memory/],
    [jobManager, { "jobmanager.heap.size": "1g" }, "jobmanager.memory.process.size", /configured explicitly/],
    [
      jobManager,
      { "jobmanager.memory.flink.size": "100m" },
      "jobmanager.memory.off-heap.size",
      /Off-heap Memory \(128.000mb \(134217728 bytes\)\) exceeds Total Flink Memory/,
    ],
    [
      jobManager,
      { "jobmanager.memory.process.size": "1g", "jobmanager.memory.flink.size": "900m" },
      "jobmanager.memory.process.size",
      /Sum of Total Flink Memory .* and JVM Metaspace .* exceed configured Total Process Memory/,
    ],
    [
      jobManager,
      { "jobmanager.memory.process.size": "4g", "jobmanager.memory.flink.size": "1g" },
      "jobmanager.memory.process.size",
      /Derived JVM Overhead size .* is not in configured JVM Overhead range/,
    ],
    [
      jobManager,
      { "jobmanager.memory.process.size": "1g", "jobmanager.memory.jvm-overhead.fraction": "1" },
      "jobmanager.memory.jvm-overhead.fraction",
      /below 1/,
    ],
    [
      taskManager,
      { "taskmanager.memory.process.size": "1g", "taskmanager.memory.managed.size": "500m" },
      "taskmanager.memory.process.size",
      /^TaskManager memory configuration failed: Sum of configured .*Managed Memory .* exceed configured Total Flink Memory/,
    ],
    [
      taskManager,
      { "taskmanager.memory.process.size": "1g", "taskmanager.memory.managed.fraction": "1.5" },
      "taskmanager.memory.process.size",
      /exceed configured Total Flink Memory/,
    ],
    [
      taskManager,
      {
        "taskmanager.memory.process.size": "1g",
        "taskmanager.memory.network.min": "2g",
        "taskmanager.memory.network.max": "1g",
      },
      "taskmanager.memory.network.min",
      /is more than taskmanager.memory.network.max/,
    ],
  ])("$1 is refused at $2", (derive, entries, field, message) => {
    expect(() => derive(entries)).toThrow(
      expect.objectContaining({ name: "BuildError", field, message: expect.stringMatching(message) }),
    );
  });
});
