import { describe, expect, it } from "vitest";
import { type ProcessSpec, processResources } from "./processResources.ts";

describe("the resources of a process", () => {
  it.each<[ProcessSpec | undefined, object]>([
    [undefined, {}],
    [{}, {}],
    [{ resource: { cpu: 0.5, memory: "2048m" } }, { cpu: 0.5, memory: "2 gb" }],
    [
      { resource: { memory: "2g", ephemeralStorage: "2G" } },
      {
        memory: "2 gb",
        container: { requests: { "ephemeral-storage": "2G" }, limits: { "ephemeral-storage": "2G" } },
      },
    ],
    // An empty `resources` is ignored.
    [{ resource: { cpu: 2 }, resources: {} }, { cpu: 2 }],
    [{ resource: { cpu: 2, memory: "1g" }, resources: { requests: { cpu: "1" } } }, { cpu: 1 }],
    [{ resources: { limits: { cpu: "1500m", memory: "3G" } } }, { cpu: 1.5, memory: "3 gb" }],
    [
      { resources: { requests: { cpu: "500m", memory: "2Gi" }, limits: { cpu: 2, memory: "4Gi" } } },
      { cpu: 0.5, memory: "2147483648", cpuLimitFactor: 4, memoryLimitFactor: 2 },
    ],
    // The reference compares the limit as a Kubernetes quantity, in which 2048m are two bytes.
    [
      { resources: { requests: { memory: "2048m" }, limits: { memory: "4Gi" } } },
      { memory: "2 gb", memoryLimitFactor: 2 },
    ],
    [
      { resources: { requests: { "nvidia.com/gpu": 1 }, claims: [{ name: "c" }] } },
      { container: { requests: { "nvidia.com/gpu": 1 }, claims: [{ name: "c" }] } },
    ],
  ])("%j", (spec, resources) => expect(processResources(spec, "spec.jobManager")).toEqual(resources));

  it.each([
    ["1024", "1 kb"],
    ["2 gb", "2 gb"],
    ["2gi", "2147483648"],
    ["2 GiB", "2147483648"],
    ["1.5Gi", "1610612736"],
    ["512Mi", "536870912"],
  ])("memory of %j is %j in Flink's format", (memory, text) => {
    expect(processResources({ resource: { memory } }, "")).toEqual({ memory: text });
  });

  it.each<[ProcessSpec, string]>([
    [{ resource: { memory: "much" } }, "spec.jobManager.resource.memory"],
    [{ resource: { memory: "0" } }, "spec.jobManager.resource.memory"],
    [{ resources: { requests: { cpu: "half" } } }, "spec.jobManager.resources.requests.cpu"],
    [{ resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }, "spec.jobManager.resources.limits.cpu"],
    [{ resources: { requests: { memory: "2Gi" }, limits: { memory: "2G" } } }, ""],
  ])("%j is refused at %s", (spec, field) => {
    const read = () => processResources(spec, "spec.jobManager");
    // 2G are two gibibytes in Flink's format, which comes first for limits, too.
    if (field === "") return expect(read()).toMatchObject({ memoryLimitFactor: 1 });
    return expect(read).toThrow(expect.objectContaining({ name: "BuildError", field }));
  });
});
