import type { FlinkDeploymentSpec } from "../../../src/api/v1beta1/flinkdeployment.ts";
import type { Step } from "../scenario.ts";
import { resource, type, type UpgradeMode } from "./resource.ts";
import { isRunning, severalCheckpointsMs } from "./steps.ts";

/** The usual deployment, with more in Flink's configuration or the spec. */
export const deployWith = (
  mode: UpgradeMode,
  flinkConfiguration: Record<string, string>,
  more: Partial<FlinkDeploymentSpec> = {},
): Step => ({
  name: `apply the resource (${mode}), configured`,
  act: (world) => {
    const usual = resource(mode, { highAvailability: true });
    const spec = usual.spec as FlinkDeploymentSpec;
    world.server.create("user", type, {
      ...usual,
      spec: { ...spec, ...more, flinkConfiguration: { ...spec.flinkConfiguration, ...flinkConfiguration } },
    });
  },
  until: isRunning("--edition;1"),
  thenWaitMs: severalCheckpointsMs,
});
