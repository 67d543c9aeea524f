import { type KubeObject, resourceTypes } from "../../src/api/kubernetes.ts";
import type { FlinkDeploymentSpec } from "../../src/api/v1beta1/flinkdeployment.ts";
import type { Scenario, Step, View } from "./scenario.ts";
import { namespace, type World } from "./world/world.ts";

/** Every workload has one resource, of this name. */
export const resourceName = "sample";

type UpgradeMode = "stateless" | "savepoint" | "last-state";

const resource = (upgradeMode: UpgradeMode, options: { highAvailability: boolean }): KubeObject => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata: { name: resourceName, namespace },
  spec: {
    image: "flink:1.20",
    flinkVersion: "v1_20",
    serviceAccount: "flink",
    flinkConfiguration: {
      "taskmanager.numberOfTaskSlots": "1",
      "execution.checkpointing.interval": "10 s",
      "state.checkpoints.dir": "file:///data/checkpoints",
      "state.savepoints.dir": "file:///data/savepoints",
      ...(options.highAvailability
        ? { "high-availability.type": "kubernetes", "high-availability.storageDir": "file:///data/ha" }
        : {}),
    },
    jobManager: { resource: { cpu: 0.5, memory: "1024m" } },
    taskManager: { resource: { cpu: 0.5, memory: "1024m" } },
    job: {
      jarURI: "local:///opt/flink/usrlib/job.jar",
      args: ["--edition", "1"],
      parallelism: 2,
      upgradeMode,
    },
  },
});

const type = resourceTypes.flinkDeployment;

const edit = (world: World, spec: { job?: Partial<FlinkDeploymentSpec["job"]> } & object): void => {
  world.server.mergePatch("user", type, namespace, resourceName, { spec });
};

const isRunning =
  (edition: string) =>
  (view: View): boolean =>
    view.settled &&
    view.status?.jobStatus?.state === "RUNNING" &&
    view.status.lifecycleState === "STABLE" &&
    view.job?.working === true &&
    view.program?.includes(edition) === true;

const isSuspended = (view: View): boolean =>
  view.settled && view.status?.lifecycleState === "SUSPENDED" && view.job?.working !== true;

/** Long enough for several checkpoints. */
const aWhile = 35_000;

const deploy = (mode: UpgradeMode, options = { highAvailability: true }): Step => ({
  name: `apply the resource (${mode})`,
  act: (world) => world.server.create("user", type, resource(mode, options)),
  until: isRunning("--edition;1"),
  thenWaitMs: aWhile,
});

const upgrade: Step = {
  name: "change the job's arguments",
  act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
  until: isRunning("--edition;2"),
  thenWaitMs: aWhile,
  replacesJob: true,
};

const suspend: Step = {
  name: "suspend",
  act: (world) => edit(world, { job: { state: "suspended" } }),
  until: isSuspended,
  thenWaitMs: aWhile,
};

const resume: Step = {
  name: "resume",
  act: (world) => edit(world, { job: { state: "running" } }),
  until: isRunning("--edition;1"),
  thenWaitMs: aWhile,
};

const remove: Step = {
  name: "delete the resource",
  act: (world) => world.server.delete("user", type, namespace, resourceName),
  until: (view) => view.resource === undefined && view.leftovers.length === 0,
};

const deployBroken: Step = {
  name: "apply the resource with an image that does not exist",
  act: (world) => {
    world.podFailures.inject({ component: "jobmanager" }, { kind: "ImagePullBackOff" });
    world.server.create("user", type, resource("last-state", { highAvailability: true }));
  },
  until: (view) => view.status?.jobManagerDeploymentStatus === "ERROR",
};

const healthy = { stateful: true, surviving: true, healthy: true };
const withoutAvailability = { highAvailability: false };
const mortal = { ...healthy, surviving: false };

export const workloads: readonly Scenario[] = [
  { name: "first-deploy", steps: [deploy("stateless", withoutAvailability)], ...mortal },
  { name: "first-deploy-ha", steps: [deploy("last-state")], ...healthy },
  { name: "upgrade-stateless", steps: [deploy("stateless"), upgrade], ...healthy, stateful: false },
  { name: "upgrade-savepoint", steps: [deploy("savepoint"), upgrade], ...healthy },
  {
    name: "upgrade-savepoint-without-ha",
    steps: [deploy("savepoint", withoutAvailability), upgrade],
    ...mortal,
  },
  { name: "upgrade-last-state", steps: [deploy("last-state"), upgrade], ...healthy },
  {
    name: "upgrade-last-state-by-cancel",
    steps: [deploy("last-state", withoutAvailability), upgrade],
    ...mortal,
  },
  { name: "suspend-savepoint", steps: [deploy("savepoint"), suspend, resume], ...healthy },
  { name: "suspend-last-state", steps: [deploy("last-state"), suspend, resume], ...healthy },
  { name: "delete-running", steps: [deploy("last-state"), remove], ...healthy },
  { name: "delete-suspended", steps: [deploy("savepoint"), suspend, remove], ...healthy },
  { name: "delete-never-started", steps: [deployBroken, remove], ...healthy, healthy: false },
];

export const workloadNamed = (name: string): Scenario => {
  const found = workloads.find((workload) => workload.name === name);
  if (found === undefined) {
    throw new Error(`no workload "${name}"; there are: ${workloads.map((each) => each.name).join(", ")}`);
  }
  return found;
};
