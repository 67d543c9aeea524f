import type { Scenario, Step } from "../scenario.ts";
import { resource, type } from "./resource.ts";
import { deploy, healthy, remove, suspend } from "./steps.ts";

const deployBroken: Step = {
  name: "apply the resource with an image that does not exist",
  act: (world) => {
    world.podFailures.inject({ component: "jobmanager" }, { kind: "ImagePullBackOff" });
    world.server.create("user", type, resource("last-state", { highAvailability: true }));
  },
  until: (view) => view.status?.jobManagerDeploymentStatus === "ERROR",
};

export const workloads: readonly Scenario[] = [
  { name: "delete-running", steps: [deploy("last-state"), remove], ...healthy },
  { name: "delete-suspended", steps: [deploy("savepoint"), suspend, remove], ...healthy },
  { name: "delete-never-started", steps: [deployBroken, remove], ...healthy, healthy: false },
];
