import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { FlinkBlueGreenDeploymentStatus } from "../../../src/api/v1beta1/flinkbluegreendeployment.ts";
import type { Scenario, View } from "../scenario.ts";
import { namespace } from "../world/world.ts";
import { resource } from "./resource.ts";
import { deploy, healthy } from "./steps.ts";

const type = resourceTypes.flinkBlueGreenDeployment;

const isSaid = ({ world }: View): boolean => {
  const found = world.server.find(type, namespace, "both");
  const { conditions } = (found?.status ?? {}) as FlinkBlueGreenDeploymentStatus;
  return conditions?.[0]?.observedGeneration === found?.metadata.generation;
};

export const workloads: readonly Scenario[] = [
  {
    name: "blue-green-has-no-effect",
    steps: [
      deploy("stateless"),
      {
        name: "apply a FlinkBlueGreenDeployment",
        act: (world) =>
          world.server.create("user", type, {
            metadata: { name: "both", namespace },
            spec: { template: { spec: resource("stateless", { highAvailability: false }).spec } },
          }),
        until: isSaid,
        thenWaitMs: 5_000,
      },
    ],
    ...healthy,
    healthy: false,
    stateful: false,
  },
];
