import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { autoscale, withDeployedDecisions } from "./autoscale.ts";
import { noMemory } from "./cycle.ts";
import { parallelismKey, type Realisable, withConfigOverrides } from "./realise/applyOverrides.ts";
import { stateFromData } from "./state/storedState.ts";

const vertex = "cbc357ccb763df2852fee8c4fc7d55f2";
/** All options that tuning sets. */
const tuned = {
  "taskmanager.memory.process.size": "1 gb",
  "taskmanager.memory.framework.heap.size": "0 bytes",
  "taskmanager.memory.managed.fraction": "0.1",
  "taskmanager.memory.network.min": "10 mb",
  "taskmanager.memory.network.max": "10 mb",
  "taskmanager.memory.jvm-metaspace.size": "100 mb",
  "taskmanager.memory.jvm-overhead.fraction": "0.1",
};
const none = { error: "not asked" };

describe("decisions that cannot be read", () => {
  const spec = { flinkConfiguration: { "job.autoscaler.enabled": "true" } };
  const autoscaled = (deployed: Realisable, own: Record<string, string> = {}) =>
    autoscale({
      now: 1_000,
      isEnabled: true,
      isRunning: false,
      config: flinkConfig({ ...spec.flinkConfiguration, ...own }),
      taskManagerCpu: 1,
      taskManagerMemory: undefined,
      answers: {
        job: none,
        vertexMetricNames: () => none,
        vertexMetrics: () => none,
        jobManagerMetrics: none,
        taskManagerMetrics: () => none,
      },
      stored: stateFromData({ parallelismOverrides: "what?" }),
      memory: noMemory,
      spec,
      deployed,
      hasTaskManagers: true,
      resetNonce: undefined,
      lastResetNonce: undefined,
    });

  it("leave the job at the parallelism that it has, with an error", () => {
    const result = autoscaled({ flinkConfiguration: { [parallelismKey]: `${vertex}:7` } });
    expect(result.spec.flinkConfiguration).toEqual({
      ...spec.flinkConfiguration,
      [parallelismKey]: `${vertex}:7`,
    });
    expect(result.events).toMatchObject([{ reason: "AutoscalerError" }]);
    expect(autoscaled({}).spec).toBe(spec);
  });

  it("leave a job with tuned memory as it is", () => {
    const tuning = { "job.autoscaler.memory.tuning.enabled": "true" };
    const overrides = new Map(Object.entries(tuned));
    const removals = ["taskmanager.memory.flink.size"];
    const deployed = withConfigOverrides<Realisable>(
      { ...spec, flinkConfiguration: { ...spec.flinkConfiguration, [parallelismKey]: `${vertex}:7` } },
      { overrides, removals },
    );
    expect(autoscaled(deployed, tuning).spec).toEqual(deployed);
    expect(deployed.taskManager).toEqual({ resource: { memory: "1073741824" } });
    expect(autoscaled(deployed, { "job.autoscaler.memory.tuning.enabled": "what?" }).spec).toEqual(deployed);
    expect(autoscaled(deployed).spec.flinkConfiguration).not.toHaveProperty([
      "taskmanager.memory.process.size",
    ]);
  });
});

describe("for somebody who only looks", () => {
  const resource = { spec: { flinkConfiguration: { a: "b" } } };
  const deployed = { flinkConfiguration: { [parallelismKey]: `${vertex}:7` } };
  const looked = (autoscaler: boolean, from: typeof deployed | undefined) =>
    withDeployedDecisions(resource, from, () => ({ autoscaler, memoryTuning: true }));

  it("an autoscaled job has the decisions of its deployed spec", () => {
    expect(looked(true, deployed).spec.flinkConfiguration).toEqual({
      a: "b",
      [parallelismKey]: `${vertex}:7`,
    });
  });

  it("a job that is not autoscaled, or has no decisions, is as it is", () => {
    expect(looked(false, deployed)).toBe(resource);
    expect(looked(true, undefined)).toBe(resource);
  });

  it("has the tuned memory, too", () => {
    const flinkConfiguration = { ...deployed.flinkConfiguration, ...tuned };
    const { spec } = looked(true, { flinkConfiguration });
    expect(spec).toEqual({
      flinkConfiguration: { a: "b", ...flinkConfiguration },
      taskManager: { resource: { memory: "1073741824" } },
    });
  });
});
