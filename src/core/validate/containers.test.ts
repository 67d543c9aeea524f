import { describe, expect, it } from "vitest";
import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { emptyConfig } from "../../config/flinkConfig.ts";
import { containersComplete } from "./containers.ts";

const judged = (spec: FlinkDeploymentSpec) =>
  (["jobManager", "taskManager"] as const).map((process) =>
    containersComplete(process)({ name: "a", spec, config: emptyConfig, deployed: undefined }),
  );
const template = (...containers: object[]) => ({ spec: { containers } });
const main = { name: "flink-main-container" };

describe("containers", () => {
  it("with a misspelt main container name get its name as a hint", () => {
    const error = {
      field: "spec.taskManager.podTemplate.spec.containers[0].image",
      message:
        'must be set for the container "flink-main-contaner"; did you mean flink-main-container, which runs Flink and needs none?',
    };
    const podTemplate = template({ name: "flink-main-contaner" });
    expect(judged({ taskManager: { podTemplate } })).toEqual([undefined, error]);
  });

  it("are checked after the layers are merged", () => {
    const common = template(main, { name: "sidecar", image: "a" });
    const own = template(main, { name: "sidecar", env: [] });
    expect(judged({ podTemplate: common, taskManager: { podTemplate: own } })).toEqual([
      undefined,
      undefined,
    ]);
    const moved = template({ name: "sidecar", env: [] });
    expect(judged({ podTemplate: common, taskManager: { podTemplate: moved } })).toEqual([
      undefined,
      expect.objectContaining({ field: "spec.taskManager.podTemplate.spec.containers[0].image" }),
    ]);
  });

  it.each([
    [template(main, main), "spec.podTemplate.spec.containers[1].name", /twice/],
    [template({ image: "a" }), "spec.podTemplate.spec.containers[0].name", /must be set/],
    [{ spec: { initContainers: [{ name: "i" }] } }, "spec.podTemplate.spec.initContainers[0].image", /"i"$/],
  ])("of %j", (podTemplate, field, message) => {
    const error = { field, message: expect.stringMatching(message) };
    expect(judged({ podTemplate })).toEqual([error, error]);
  });

  it("need not be there", () => expect(judged({ podTemplate: {} })).toEqual([undefined, undefined]));
});
