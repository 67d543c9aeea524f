import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { taskManagerName } from "../../../src/api/v1beta1/names.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { numberAt } from "../world/json.ts";
import { namespace } from "../world/world.ts";
import { edit, resourceName } from "./resource.ts";
import {
  deleteCluster,
  deleteJob,
  deployCluster,
  jobsRunOnJobManager,
  loseDeployment,
  submitJobs,
  upgradeCluster,
  upgradeJob,
} from "./session.ts";
import { healthy, healthyWithoutHa, severalCheckpointsMs, withoutHa } from "./steps.ts";

const { deployment } = resourceTypes;
const taskManagers = taskManagerName(resourceName);

const standalone = (replicas: number) =>
  ({ mode: "standalone", taskManager: { replicas, resource: { cpu: 0.5, memory: "1024m" } } }) as const;

const deploy = deployCluster({ highAvailability: true }, standalone(2));

const replicasOf = ({ world }: View): number =>
  numberAt(world.server.find(deployment, namespace, taskManagers), "spec", "replicas") ?? 0;

const hasReplicas = (replicas: number) => (view: View) =>
  jobsRunOnJobManager(1)(view) && replicasOf(view) === replicas;

const scaleTo = (replicas: number): Step => ({
  name: `scale to ${replicas} TaskManagers`,
  act: (world) => edit(world, { taskManager: { replicas } }),
  until: (view) => hasReplicas(replicas)(view) && view.status?.taskManager?.replicas === replicas,
  thenWaitMs: severalCheckpointsMs,
});

const loseTaskManagers: Step = {
  name: "delete the TaskManagers' Deployment by hand",
  act: (world) =>
    world.server.delete("user", deployment, namespace, taskManagers, { propagation: "Foreground" }),
  until: hasReplicas(2),
  thenWaitMs: severalCheckpointsMs,
};

const editReplicas: Step = {
  name: "edit the replicas of the TaskManagers' Deployment by hand",
  act: (world) =>
    world.server.mergePatch("user", deployment, namespace, taskManagers, { spec: { replicas: 5 } }),
  until: hasReplicas(2),
  thenWaitMs: severalCheckpointsMs,
};

const jobs = submitJobs({ one: "savepoint", two: "last-state" });

/** The operator reports a loss by a Warning. */
const unhealthy = { ...healthy, healthy: false };

export const workloads: readonly Scenario[] = [
  { name: "standalone-session-scaled", steps: [deploy, jobs, scaleTo(4), scaleTo(2)], ...healthy },
  { name: "standalone-session-edited-replicas", steps: [deploy, jobs, editReplicas], ...healthy },
  { name: "standalone-session-replaced", steps: [deploy, jobs, upgradeCluster("one", "two")], ...healthy },
  {
    name: "standalone-session-lost-jobmanager",
    steps: [deploy, jobs, loseDeployment("one", "two")],
    ...unhealthy,
  },
  { name: "standalone-session-lost-taskmanagers", steps: [deploy, jobs, loseTaskManagers], ...unhealthy },
  {
    name: "standalone-session-mortal",
    steps: [
      deployCluster(withoutHa, standalone(1)),
      submitJobs({ one: "savepoint" }),
      upgradeJob(),
      deleteJob("one"),
      deleteCluster,
    ],
    ...healthyWithoutHa,
  },
];
