import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { align } from "./alignment.ts";

describe("the alignment", () => {
  const aligned = (target: number, units: object, mode: string, before = 1) =>
    align(
      {
        vertex: "v",
        current: before,
        target,
        partitions: 0,
        maxParallelism: 128,
        lower: 1,
        upper: 200,
        shipStrategies: [],
        ...units,
      },
      flinkConfig({ "job.autoscaler.scaling.parallelism-alignment.mode": mode }),
    ).parallelism;

  it.each([
    ["fewer partitions are no limit", 5, { partitions: 2 }, "BALANCED", 5],
    ["a divisor", 4, { partitions: 12 }, "BALANCED", 4],
    ["the next with fewer partitions for the fullest subtask", 7, { partitions: 15 }, "BALANCED", 8],
    ["the next divisor", 7, { partitions: 15 }, "EVENLY_SPREAD", 15],
    ["key groups of a keyed vertex", 50, { shipStrategies: ["REBALANCE", "HASH"] }, "EVENLY_SPREAD", 64],
    ["partitions before key groups", 5, { partitions: 6, shipStrategies: ["HASH"] }, "EVENLY_SPREAD", 6],
    ["not beyond the limit", 50, { shipStrategies: ["HASH"], upper: 60 }, "EVENLY_SPREAD", 50],
    ["not where nothing is hashed", 50, { shipStrategies: ["RESCALE"] }, "EVENLY_SPREAD", 50],
    ["off", 50, { shipStrategies: ["HASH"] }, "OFF", 50],
    ["a lower-case name is none", 50, { shipStrategies: ["HASH"] }, "off", 64],
  ])("%s", (_, target, units, mode, parallelism) => {
    expect(aligned(target, units, mode)).toBe(parallelism);
  });

  it("of a scale-down goes at most back to the present parallelism", () => {
    expect(aligned(7, { partitions: 15 }, "EVENLY_SPREAD", 14)).toBe(7);
    expect(aligned(9, { partitions: 10 }, "EVENLY_SPREAD", 10)).toBe(10);
  });
});
