import type { FlinkDeploymentSpec } from "../../../src/api/v1beta1/flinkdeployment.ts";
import type { Scenario, Step } from "../scenario.ts";
import { resource, type } from "./resource.ts";
import { deploy, healthy, healthyWithoutHa, isRunning, withoutHa } from "./steps.ts";

/** A job of upgrade mode last-state takes checkpoints, also where its user says nothing of them. */
const deployWithoutInterval: Step = {
  ...deploy("last-state"),
  name: "apply the resource without an interval of checkpoints (last-state)",
  act: (world) => {
    const object = resource("last-state", { highAvailability: true });
    const { flinkConfiguration } = object.spec as FlinkDeploymentSpec;
    delete (flinkConfiguration as Record<string, unknown>)["execution.checkpointing.interval"];
    world.server.create("user", type, object);
  },
  until: (view) =>
    isRunning("--edition;1")(view) &&
    view.job?.settings.checkpointIntervalMs === 300_000 &&
    view.world.journal.of("checkpoint-completed").length > 0,
};

export const workloads: readonly Scenario[] = [
  { name: "first-deploy", steps: [deploy("stateless", withoutHa)], ...healthyWithoutHa },
  { name: "first-deploy-ha", steps: [deploy("last-state")], ...healthy },
  { name: "first-deploy-default-interval", steps: [deployWithoutInterval], ...healthy },
];
