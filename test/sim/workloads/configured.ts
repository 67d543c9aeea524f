import type { FlinkDeploymentSpec } from "../../../src/api/v1beta1/flinkdeployment.ts";
import type { Step } from "../scenario.ts";
import { resource, type, type UpgradeMode } from "./resource.ts";
import { isRunning, severalCheckpointsMs } from "./steps.ts";

/** Applies the default resource with additional Flink configuration or fields of the spec. */
export const deployWith = (
  mode: UpgradeMode,
  flinkConfiguration: Record<string, string>,
  fields: Partial<FlinkDeploymentSpec> = {},
): Step => ({
  name: `apply the resource (${mode}), configured`,
  act: (world) => {
    const base = resource(mode, { highAvailability: true });
    const spec = base.spec as FlinkDeploymentSpec;
    world.server.create("user", type, {
      ...base,
      spec: { ...spec, ...fields, flinkConfiguration: { ...spec.flinkConfiguration, ...flinkConfiguration } },
    });
  },
  until: isRunning("--edition;1"),
  thenWaitMs: severalCheckpointsMs,
});
