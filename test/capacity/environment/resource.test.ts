import { describe, expect, it } from "vitest";
import { flinkDeployment, nameOf, resourceOf } from "./resource.ts";

describe("the resources of the bench", () => {
  it("are found by the names of their objects", () => {
    const name = nameOf(17);
    for (const object of [name, `flink-config-${name}`, `${name}-rest`, `${name}.18a2b3c4`]) {
      expect(resourceOf(object)).toBe(name);
    }
    expect(resourceOf("flink-operator-config")).toBeUndefined();
  });

  it("have ten options", () => {
    const { spec } = flinkDeployment("jobs", nameOf(1));
    expect(Object.keys(spec.flinkConfiguration ?? {})).toHaveLength(10);
  });
});
