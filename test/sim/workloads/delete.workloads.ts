import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { FORCE_DELETE_ANNOTATION } from "../../../src/api/v1beta1/names.ts";
import type { Scenario, Step } from "../scenario.ts";
import { namespace, type World } from "../world/world.ts";
import { resource, resourceName, type } from "./resource.ts";
import { deploy, healthy, isRunning, remove, severalCheckpointsMs, suspend } from "./steps.ts";

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

/** Nothing can be built of it. */
const applyUnbuildable: Step = {
  name: "apply the resource with less memory than Flink needs",
  act: (world) => {
    const { spec, ...object } = resource("savepoint", { highAvailability: true });
    const taskManager = { resource: { cpu: 0.5, memory: "100m" } };
    world.server.create("user", type, { ...object, spec: { ...(spec as object), taskManager } });
  },
  until: ({ status }) => status?.error?.includes("TaskManager memory configuration failed") === true,
  thenWaitMs: severalCheckpointsMs,
};

/** Nothing of the first one may show: it has the same name and the same generation. */
const applyAnew: Step = {
  name: "apply another resource of its name",
  act: (world) => {
    const { spec, ...object } = resource("savepoint", { highAvailability: true });
    const { job } = spec as { job: object };
    world.server.create("user", type, {
      ...object,
      spec: { ...(spec as object), job: { ...job, args: ["--edition", "2"] } },
    });
  },
  until: isRunning("--edition;2"),
  thenWaitMs: severalCheckpointsMs,
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
  {
    name: "delete-recreated",
    steps: [applyUnbuildable, remove, applyAnew],
    ...healthy,
    healthy: false,
  },
  { name: "delete-never-started", steps: [deployBroken, remove], ...healthy, healthy: false },
];
