import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { taskManagerName } from "../../../src/api/v1beta1/names.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { numberAt } from "../world/json.ts";
import { namespace, type World } from "../world/world.ts";
import { edit, resourceName } from "./resource.ts";
import {
  clusterReady,
  deleteCluster,
  deleteJob,
  deployCluster,
  sessionJobsRun,
  submitJobs,
  upgradeJob,
} from "./session.ts";
import { aWhile, healthy, mortal, withoutAvailability } from "./steps.ts";

const { deployment } = resourceTypes;
const taskManagers = taskManagerName(resourceName);

const standalone = (replicas: number) =>
  ({ mode: "standalone", taskManager: { replicas, resource: { cpu: 0.5, memory: "1024m" } } }) as const;

const deploy = deployCluster({ highAvailability: true }, standalone(2));

const replicasOf = ({ world }: View): number =>
  numberAt(world.server.find(deployment, namespace, taskManagers), "spec", "replicas") ?? 0;

const jobManagers = ({ world }: View): number =>
  new Set(world.journal.of("job-started").map(({ pod }) => pod)).size;

const bothRun = sessionJobsRun({ name: "one", edition: "1" }, { name: "two", edition: "1" });

/** The cluster and its jobs are as asked, by so many JobManagers so far. */
const stands = (replicas: number, launches: number) => (view: View) =>
  clusterReady(view) && bothRun(view) && replicasOf(view) === replicas && jobManagers(view) === launches;

const scaleTo = (replicas: number): Step => ({
  name: `scale to ${replicas} TaskManagers`,
  act: (world) => edit(world, { taskManager: { replicas } }),
  until: (view) => stands(replicas, 1)(view) && view.status?.taskManager?.replicas === replicas,
  thenWaitMs: aWhile,
});

const replaceCluster: Step = {
  name: "change the session cluster's image",
  act: (world) => edit(world, { image: "flink:1.20-java17" }),
  until: stands(2, 2),
  thenWaitMs: aWhile,
  replacesJob: true,
};

const deleteDeployment = (name: string) => (world: World) =>
  world.server.delete("user", deployment, namespace, name, { propagation: "Foreground" });

const loseJobManager: Step = {
  name: "somebody deletes the JobManager's Deployment",
  act: deleteDeployment(resourceName),
  until: stands(2, 2),
  thenWaitMs: aWhile,
};

const loseTaskManagers: Step = {
  name: "somebody deletes the TaskManagers' Deployment",
  act: deleteDeployment(taskManagers),
  until: stands(2, 1),
  thenWaitMs: aWhile,
};

const editReplicas: Step = {
  name: "somebody edits the replicas of the TaskManagers' Deployment",
  act: (world) =>
    world.server.mergePatch("user", deployment, namespace, taskManagers, { spec: { replicas: 5 } }),
  until: stands(2, 1),
  thenWaitMs: aWhile,
};

const jobs = submitJobs({ one: "savepoint", two: "last-state" });

/** A loss is told by a Warning. */
const troubled = { ...healthy, healthy: false };

export const workloads: readonly Scenario[] = [
  { name: "standalone-session-scaled", steps: [deploy, jobs, scaleTo(4), scaleTo(2)], ...healthy },
  { name: "standalone-session-edited-replicas", steps: [deploy, jobs, editReplicas], ...healthy },
  { name: "standalone-session-replaced", steps: [deploy, jobs, replaceCluster], ...healthy },
  { name: "standalone-session-lost-jobmanager", steps: [deploy, jobs, loseJobManager], ...troubled },
  { name: "standalone-session-lost-taskmanagers", steps: [deploy, jobs, loseTaskManagers], ...troubled },
  {
    name: "standalone-session-mortal",
    steps: [
      deployCluster(withoutAvailability, standalone(1)),
      submitJobs({ one: "savepoint" }),
      upgradeJob(),
      deleteJob("one"),
      deleteCluster,
    ],
    ...mortal,
  },
];
