import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { taskManagerName } from "../../../src/api/v1beta1/names.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { numberAt } from "../world/json.ts";
import { namespace, type World } from "../world/world.ts";
import { deployWith } from "./configured.ts";
import { edit, resourceName, type UpgradeMode } from "./resource.ts";
import {
  healthy,
  healthyWithoutHa,
  isRunning,
  isSuspended,
  launches,
  remove,
  resume,
  severalCheckpointsMs,
  suspend,
  upgrade,
} from "./steps.ts";

const standalone = { mode: "standalone" } as const;
const haDisabled = { "high-availability.type": "NONE" };

const deploy = (mode: UpgradeMode, configuration: Record<string, string> = {}): Step =>
  deployWith(mode, configuration, standalone);

const { deployment } = resourceTypes;
const taskManagers = taskManagerName(resourceName);

const replicasOf = ({ world }: View): number =>
  numberAt(world.server.find(deployment, namespace, taskManagers), "spec", "replicas") ?? 0;

const registered = ({ world }: View): number =>
  [...world.flink.jobManagers.values()].find(({ clock }) => clock.alive)?.taskManagers.list(0).length ?? 0;

const hasTaskManagers = (count: number, view: View): boolean =>
  isRunning("--edition;1")(view) && replicasOf(view) === count && registered(view) === count;

/** Nothing of the cluster keeps running. */
const suspendAndTakeDown: Step = {
  ...suspend,
  until: (view) =>
    isSuspended(view) && view.leftovers.every(({ kind }) => kind !== "Deployment" && kind !== "Pod"),
};

const scaleTo = (replicas: number): Step => ({
  name: `scale to ${replicas} TaskManagers`,
  act: (world) => edit(world, { taskManager: { replicas } }),
  until: (view) =>
    hasTaskManagers(replicas, view) &&
    launches(view) === 1 &&
    view.status?.taskManager?.replicas === replicas,
  thenWaitMs: severalCheckpointsMs,
});

const deployReactive: Step = deployWith(
  "last-state",
  { "scheduler-mode": "reactive" },
  { ...standalone, taskManager: { replicas: 2, resource: { cpu: 0.5, memory: "1024m" } } },
);

const deleteDeploymentByHand = (name: string) => (world: World) =>
  world.server.delete("user", deployment, namespace, name, { propagation: "Foreground" });

const loseJobManager: Step = {
  name: "delete the JobManager's Deployment by hand",
  act: deleteDeploymentByHand(resourceName),
  until: (view) => launches(view) === 2 && hasTaskManagers(2, view),
  thenWaitMs: severalCheckpointsMs,
};

const loseTaskManagers: Step = {
  name: "delete the TaskManagers' Deployment by hand",
  act: deleteDeploymentByHand(taskManagers),
  until: (view) => launches(view) === 1 && hasTaskManagers(2, view) && view.status?.error === undefined,
  thenWaitMs: severalCheckpointsMs,
};

const editReplicas: Step = {
  name: "edit the replicas of the TaskManagers' Deployment by hand",
  act: (world) =>
    world.server.mergePatch("user", deployment, namespace, taskManagers, { spec: { replicas: 5 } }),
  until: (view) => launches(view) === 1 && hasTaskManagers(2, view),
  thenWaitMs: severalCheckpointsMs,
};

/** The operator reports a loss by a Warning. */
const unhealthy = { ...healthy, healthy: false };

export const workloads: readonly Scenario[] = [
  { name: "standalone-stateless", steps: [deploy("stateless"), upgrade], ...healthy, stateful: false },
  { name: "standalone-savepoint", steps: [deploy("savepoint"), upgrade, remove], ...healthy },
  { name: "standalone-last-state", steps: [deploy("last-state"), upgrade], ...healthy },
  {
    name: "standalone-last-state-by-cancel",
    steps: [deploy("last-state", haDisabled), upgrade],
    ...healthyWithoutHa,
  },
  {
    name: "standalone-suspend-savepoint",
    steps: [deploy("savepoint"), suspendAndTakeDown, resume],
    ...healthy,
  },
  {
    name: "standalone-suspend-last-state",
    steps: [deploy("last-state"), suspendAndTakeDown, resume],
    ...healthy,
  },
  {
    name: "standalone-suspend-by-cancel",
    steps: [deploy("last-state", haDisabled), suspendAndTakeDown, resume],
    ...healthyWithoutHa,
  },
  {
    name: "standalone-reactive",
    steps: [deployReactive, scaleTo(4), scaleTo(1), { ...upgrade, name: "upgrade once scaled" }],
    ...healthy,
  },
  { name: "standalone-lost-jobmanager", steps: [deploy("last-state"), loseJobManager], ...unhealthy },
  { name: "standalone-lost-taskmanagers", steps: [deploy("last-state"), loseTaskManagers], ...unhealthy },
  { name: "standalone-edited-replicas", steps: [deploy("last-state"), editReplicas], ...healthy },
];
