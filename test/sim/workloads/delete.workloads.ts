import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { FORCE_DELETE_ANNOTATION } from "../../../src/api/v1beta1/names.ts";
import type { Scenario, Step } from "../scenario.ts";
import { namespace, type World } from "../world/world.ts";
import { resource, resourceName, type } from "./resource.ts";
import { deploy, healthy, remove, suspend } from "./steps.ts";

const deployBroken: Step = {
  name: "apply the resource with an image that does not exist",
  act: (world) => {
    world.podFailures.inject({ component: "jobmanager" }, { kind: "ImagePullBackOff" });
    world.server.create("user", type, resource("last-state", { highAvailability: true }));
  },
  until: (view) => view.status?.jobManagerDeploymentStatus === "ERROR",
};

const jobManagersOf = (world: World) =>
  world.server.list(resourceTypes.pod, { namespace, labelSelector: "component=jobmanager" });

/** As on a lost node: the pod never terminates. */
const removeStuck: Step = {
  ...remove,
  name: "delete the resource while a pod cannot terminate",
  act: (world) => {
    for (const { metadata } of jobManagersOf(world))
      world.server.mergePatch("user", resourceTypes.pod, namespace, metadata.name, {
        metadata: { finalizers: ["example.com/lost-node"] },
      });
    remove.act?.(world);
  },
  until: ({ status }) => status?.error?.includes("CleanupFailed") === true,
};
const forceDeletion: Step = {
  name: "force the deletion",
  act: (world) =>
    world.server.mergePatch("user", type, namespace, resourceName, {
      metadata: { annotations: { [FORCE_DELETE_ANNOTATION]: "true" } },
    }),
  until: (view) => view.resource === undefined,
};

export const workloads: readonly Scenario[] = [
  { name: "delete-running", steps: [deploy("last-state"), remove], ...healthy },
  { name: "delete-suspended", steps: [deploy("savepoint"), suspend, remove], ...healthy },
  {
    name: "delete-forced",
    steps: [deploy("last-state"), removeStuck, forceDeletion],
    ...healthy,
    healthy: false,
  },
  { name: "delete-never-started", steps: [deployBroken, remove], ...healthy, healthy: false },
];
