import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { autoscale, withDeployedDecisions } from "./autoscale.ts";
import { noMemory } from "./cycle.ts";
import { parallelismKey } from "./realise/applyOverrides.ts";
import { stateFromData } from "./state/storedState.ts";

const vertex = "cbc357ccb763df2852fee8c4fc7d55f2";
const none = { error: "not asked" };

describe("decisions that cannot be read", () => {
  const spec = { flinkConfiguration: { "job.autoscaler.enabled": "true" } };
  const autoscaled = (deployedOverrides: string | undefined) =>
    autoscale({
      now: 1_000,
      isEnabled: true,
      isRunning: false,
      config: flinkConfig(spec.flinkConfiguration),
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
      deployedOverrides,
      hasTaskManagers: true,
      resetNonce: undefined,
      lastResetNonce: undefined,
    });

  it("leave the job at the parallelism that it has, with an error", () => {
    const result = autoscaled(`${vertex}:7`);
    expect(result.spec.flinkConfiguration).toEqual({
      ...spec.flinkConfiguration,
      [parallelismKey]: `${vertex}:7`,
    });
    expect(result.events).toMatchObject([{ reason: "AutoscalerError" }]);
    expect(autoscaled(undefined).spec).toBe(spec);
  });
});

describe("for somebody who only looks", () => {
  const resource = { spec: { flinkConfiguration: { a: "b" } } };
  const deployed = { flinkConfiguration: { [parallelismKey]: `${vertex}:7` } };
  const looked = (autoscaler: boolean, from: typeof deployed | undefined) =>
    withDeployedDecisions(resource, from, () => ({ autoscaler }));

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
});
