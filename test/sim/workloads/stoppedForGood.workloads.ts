import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { type Scenario, type Step, View } from "../scenario.ts";
import { namespace, type World } from "../world/world.ts";
import { edit, resource, resourceName, type } from "./resource.ts";
import { deployCluster } from "./session.ts";
import { deploy, healthy, isRunning, severalCheckpointsMs } from "./steps.ts";

/** A resource that stops for good, and rests like that until somebody mends it: what it costs is bounded (rateOracle.ts). */

const anHour = 60 * 60_000;
const { flinkSessionJob, flinkStateSnapshot } = resourceTypes;

const hasError = ({ status }: View): boolean => Boolean(status?.error);

const deleteAll: Step = {
  name: "delete the resource",
  act: (world) => world.server.delete("user", type, namespace, resourceName),
  until: (view) => view.resource === undefined && view.leftovers.length === 0,
};

const jobFails: Step = {
  name: "the job fails for good, and stays so for an hour",
  act: (world) =>
    new View(world, resourceName).job?.fail("java.lang.IllegalStateException: the disk is full"),
  until: ({ status }) => status?.lifecycleState === "FAILED",
  thenWaitMs: anHour,
};

const invalidEdit: Step = {
  name: "set an option to an invalid value, and leave it like that for an hour",
  act: (world) => edit(world, { flinkConfiguration: { "execution.checkpointing.interval": "soon" } }),
  until: hasError,
  thenWaitMs: anHour,
};

const validAgain: Step = {
  name: "correct it",
  act: (world) => edit(world, { flinkConfiguration: { "execution.checkpointing.interval": "10 s" } }),
  until: (view) => isRunning("--edition;1")(view) && !hasError(view),
  thenWaitMs: severalCheckpointsMs,
};

const deployAgainstQuota: Step = {
  name: "apply the resource (last-state), while a quota refuses its Deployment for an hour",
  act: (world) => {
    world.server.creationRefused = (kind) =>
      kind === "Deployment" ? "exceeded quota: deployments, requested: 1, used: 2, limited: 2" : undefined;
    world.server.create("user", type, resource("last-state", { highAvailability: true }));
  },
  until: hasError,
  thenWaitMs: anHour,
};

const quotaRaised: Step = {
  name: "the quota is raised",
  act: (world) => {
    world.server.creationRefused = () => undefined;
  },
  until: isRunning("--edition;1"),
  thenWaitMs: severalCheckpointsMs,
};

const lost: KubeObject = {
  metadata: { name: "one", namespace },
  spec: {
    deploymentName: "none",
    job: { jarURI: "https://jars.example.com/job.jar", parallelism: 1, upgradeMode: "stateless" },
  },
};

const withoutCluster: Step = {
  name: "apply a session job and a FlinkStateSnapshot of clusters that do not exist, for an hour",
  act: (world) => {
    world.server.create("user", flinkSessionJob, lost);
    world.server.create("user", flinkStateSnapshot, {
      metadata: { name: "by-hand", namespace },
      spec: { jobReference: { kind: "FlinkDeployment", name: "none" }, savepoint: {} },
    });
  },
  thenWaitMs: anHour,
};

const isGone = (world: World): boolean =>
  [flinkSessionJob, flinkStateSnapshot].every((each) => world.server.list(each).length === 0);

const deleteBoth: Step = {
  name: "delete both",
  act: (world) => {
    world.server.delete("user", flinkSessionJob, namespace, "one");
    world.server.delete("user", flinkStateSnapshot, namespace, "by-hand");
  },
  until: ({ world }) => isGone(world),
};

/** The operator reports what is wrong. */
const unhealthy = { ...healthy, healthy: false };

export const workloads: readonly Scenario[] = [
  { name: "stopped-failed-job", steps: [deploy("last-state"), jobFails, deleteAll], ...unhealthy },
  { name: "stopped-refused-edit", steps: [deploy("savepoint"), invalidEdit, validAgain], ...unhealthy },
  { name: "stopped-by-quota", steps: [deployAgainstQuota, quotaRaised], ...unhealthy },
  { name: "stopped-without-cluster", steps: [deployCluster(), withoutCluster, deleteBoth], ...unhealthy },
];
