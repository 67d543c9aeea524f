import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { flattenConfiguration } from "../../../config/values/configTree.ts";
import { parallelismKey, withConfigOverrides, withParallelism } from "./applyOverrides.ts";
import { withProcessMemory } from "./processMemory.ts";

const config = (entries: Record<string, string> = {}) => flinkConfig(entries);
const textIn = (spec: { flinkConfiguration?: Readonly<Record<string, unknown>> }) =>
  spec.flinkConfiguration?.[parallelismKey];

describe("stored overrides in a spec", () => {
  const stored = new Map([
    ["a", 3],
    ["b", 4],
  ]);

  it("leave it as it is while nothing is stored", () => {
    const spec = { flinkConfiguration: { [parallelismKey]: "a:1" } };
    expect(withParallelism(spec, undefined, undefined, config())).toBe(spec);
    expect(withParallelism(spec, new Map(), "a:2", config())).toBe(spec);
  });

  it("replace the user's, but not of excluded vertices", () => {
    const entries = { [parallelismKey]: "a:1,c:9", "job.autoscaler.vertex.exclude.ids": "a" };
    expect(textIn(withParallelism({}, stored, undefined, config(entries)))).toBe("a:1,c:9,b:4");
    const withoutValue = { "job.autoscaler.vertex.exclude.ids": "a" };
    expect(textIn(withParallelism({}, stored, undefined, config(withoutValue)))).toBe("a:3,b:4");
    expect(textIn(withParallelism({}, stored, undefined, config({ [parallelismKey]: "a:1" })))).toBe(
      "a:3,b:4",
    );
  });

  it.each(["b:4,a:3", "{b: '4', a: '3'}"])("keep the deployed text %s, which means the same", (deployed) => {
    expect(textIn(withParallelism({}, stored, deployed, config()))).toBe(deployed);
  });

  it("replace a deployed text that means something else, or nothing", () => {
    for (const deployed of ["a:3", "a:3,b:5", "'"]) {
      expect(textIn(withParallelism({}, stored, deployed, config()))).toBe("a:3,b:4");
    }
  });

  it("set and remove options of memory tuning", () => {
    const spec = { flinkConfiguration: { "taskmanager.memory.flink.size": "1g", x: "1" } };
    const changes = {
      overrides: new Map([["taskmanager.memory.process.size", "2 gb"]]),
      removals: ["taskmanager.memory.flink.size"],
    };
    expect(withConfigOverrides(spec, changes)).toEqual({
      flinkConfiguration: { x: "1", "taskmanager.memory.process.size": "2 gb" },
      taskManager: { resource: { memory: "2147483648" } },
    });
  });
});

describe("stored overrides where the user writes options as a tree", () => {
  const effective = (spec: { flinkConfiguration?: Readonly<Record<string, unknown>> }, key: string) =>
    flinkConfig(flattenConfiguration(spec.flinkConfiguration)).entries.get(key);

  it("count before the user's", () => {
    const stored = new Map([["a", 3]]);
    const spec = { flinkConfiguration: { pipeline: { "jobvertex-parallelism-overrides": "a:1" } } };
    expect(effective(withParallelism(spec, stored, undefined, config()), parallelismKey)).toBe("a:3");
    const size = "taskmanager.memory.process.size";
    const sized = { flinkConfiguration: { taskmanager: { memory: { process: { size: "2g" } } } } };
    const tuned = withConfigOverrides(sized, { overrides: new Map([[size, "1 gb"]]), removals: [] });
    expect(effective(tuned, size)).toBe("1 gb");
    expect(tuned).toHaveProperty("taskManager", { resource: { memory: "1073741824" } });
  });

  it("remove only what is written as one key", () => {
    const spec = { flinkConfiguration: { a: { b: 1 }, "a.c": "2" } };
    const left = withConfigOverrides(spec, { overrides: new Map(), removals: ["a.b", "a.c"] });
    expect(left.flinkConfiguration).toEqual({ a: { b: 1 } });
  });
});

describe("the memory of TaskManagers", () => {
  const sized = (taskManager: object, size = "1g") =>
    withProcessMemory({ flinkConfiguration: { "taskmanager.memory.process.size": size }, taskManager })
      .taskManager;

  it.each([
    ["resource", { resource: { memory: "2g", cpu: 1 } }, { resource: { memory: "1073741824", cpu: 1 } }],
    ["the same size", { resource: { memory: "1024m" } }, { resource: { memory: "1024m" } }],
    [
      "requests",
      { resources: { requests: { memory: "2Gi" } } },
      { resources: { requests: { memory: "1073741824" } } },
    ],
    [
      "limits",
      { resources: { limits: { memory: "2Gi", cpu: "1" } } },
      { resources: { limits: { memory: "1073741824", cpu: "1" } } },
    ],
    [
      "a limit above the request",
      { resources: { requests: { memory: "2Gi" }, limits: { memory: "3Gi" } } },
      { resources: { requests: { memory: "1073741824" }, limits: { memory: "1610612736" } } },
    ],
    ["neither", { resources: {} }, { resources: { requests: { memory: "1073741824" } } }],
  ])("follows the option in %s", (_, before, after) => {
    expect(sized(before)).toEqual(after);
  });

  it("stays as it is without the option", () => {
    const spec = { taskManager: { resource: { memory: "2g" } } };
    expect(withProcessMemory(spec)).toBe(spec);
  });
});
