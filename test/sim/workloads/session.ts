import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import type { FlinkDeploymentSpec } from "../../../src/api/v1beta1/flinkdeployment.ts";
import type { Step, View } from "../scenario.ts";
import { namespace, type World } from "../world/world.ts";
import { edit, resource, resourceName, type UpgradeMode } from "./resource.ts";
import { severalCheckpointsMs } from "./steps.ts";

/** Steps for a session cluster, which has the name of every workload's resource, and its jobs. */

type JobName = "one" | "two" | "three";

const { deployment, flinkDeployment, flinkSessionJob, pod } = resourceTypes;

const sessionCluster = (
  options: { highAvailability: boolean },
  fields: Partial<FlinkDeploymentSpec>,
): KubeObject => {
  const application = resource("stateless", options);
  const { job: _, ...spec } = application.spec as FlinkDeploymentSpec;
  return { ...application, spec: { ...spec, ...fields } };
};

const sessionJob = (
  name: JobName,
  upgradeMode: UpgradeMode,
  flinkConfiguration: Record<string, string>,
): KubeObject => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkSessionJob",
  metadata: { name, namespace },
  spec: {
    deploymentName: resourceName,
    flinkConfiguration,
    job: {
      jarURI: "https://jars.example.com/job.jar",
      args: ["--edition", "1"],
      parallelism: 1,
      upgradeMode,
    },
  },
});

/** Each session job is stable and observed, and exactly the requested edition runs. */
export const sessionJobsRun =
  (...editions: readonly { name: JobName; edition: string }[]) =>
  (view: View): boolean =>
    editions.every(({ name, edition }) => {
      const found = view.sessionJob(name);
      const runs = view.sessionJobs.filter((job) => job.name === name);
      return (
        found?.status?.observedGeneration === found?.metadata.generation &&
        found?.status?.lifecycleState === "STABLE" &&
        found.status.jobStatus?.state === "RUNNING" &&
        runs.length === 1 &&
        runs[0]?.working === true &&
        runs[0].program.includes(`--edition;${edition}`)
      );
    });

export const clusterReady = (view: View): boolean =>
  view.settled && view.status?.jobManagerDeploymentStatus === "READY";

export const deployCluster = (
  options = { highAvailability: true },
  fields: Partial<FlinkDeploymentSpec> = {},
): Step => ({
  name: "apply the session cluster",
  act: (world) => world.server.create("user", flinkDeployment, sessionCluster(options, fields)),
  until: clusterReady,
  thenWaitMs: 5_000,
});

export const submitJobs = (
  modes: Readonly<Partial<Record<JobName, UpgradeMode>>>,
  flinkConfiguration: Record<string, string> = {},
): Step => {
  const entries = Object.entries(modes) as [JobName, UpgradeMode][];
  return {
    name: `apply session jobs (${entries.map(([name, mode]) => `${name}: ${mode}`).join(", ")})`,
    act(world) {
      for (const [name, mode] of entries)
        world.server.create("user", flinkSessionJob, sessionJob(name, mode, flinkConfiguration));
    },
    until: sessionJobsRun(...entries.map(([name]) => ({ name, edition: "1" }))),
    thenWaitMs: severalCheckpointsMs,
  };
};

export const editJob = (world: World, name: JobName, spec: Record<string, unknown>): void => {
  world.server.mergePatch("user", flinkSessionJob, namespace, name, { spec });
};

export const upgradeJob = (name: JobName = "one"): Step => ({
  name: `change the arguments of ${name}`,
  act: (world) => editJob(world, name, { job: { args: ["--edition", "2"] } }),
  until: sessionJobsRun({ name, edition: "2" }),
  thenWaitMs: severalCheckpointsMs,
});

export const suspendJob: Step = {
  name: "suspend one",
  act: (world) => editJob(world, "one", { job: { state: "suspended" } }),
  until: (view) =>
    view.sessionJob("one")?.status?.lifecycleState === "SUSPENDED" &&
    view.sessionJobs.every(({ name }) => name !== "one"),
  thenWaitMs: severalCheckpointsMs,
};

export const resumeJob: Step = {
  name: "resume one",
  act: (world) => editJob(world, "one", { job: { state: "running" } }),
  until: sessionJobsRun({ name: "one", edition: "1" }),
  thenWaitMs: severalCheckpointsMs,
};

export const deleteJob = (name: JobName): Step => ({
  name: `delete ${name}`,
  act: (world) => world.server.delete("user", flinkSessionJob, namespace, name),
  until: (view) => view.sessionJob(name) === undefined && view.sessionJobs.every((job) => job.name !== name),
});

/** There is one TaskManager for each job and no other, and the cluster's status reports the same. */
export const noIdleTaskManagers = ({ world, sessionJobs, status }: View): boolean => {
  const pods = world.server.list(pod, { namespace });
  const taskManagers = pods.filter(({ metadata }) => metadata.labels?.component === "taskmanager");
  const reportedCpu = Number(status?.clusterInfo?.["total-cpu"]);
  return taskManagers.length === sessionJobs.length && reportedCpu === cpuOfEach * (1 + sessionJobs.length);
};
const cpuOfEach = 0.5;

/** The number of JobManagers that have run the jobs. */
export const launchesOfJobs = ({ world }: View): number =>
  new Set(world.journal.of("job-started").map(({ pod }) => pod)).size;

/** How often a session job was started, by the operator or by its JobManager. */
export const startsOf = ({ world }: View, name: JobName): number =>
  world.journal.of("job-started").filter(({ sessionJob }) => sessionJob === name).length;

const bothRun = sessionJobsRun({ name: "one", edition: "1" }, { name: "two", edition: "1" });

/** The cluster is ready, and both its jobs run on its nth JobManager. */
export const jobsRunOnJobManager =
  (jobManager: number) =>
  (view: View): boolean =>
    clusterReady(view) && bothRun(view) && launchesOfJobs(view) === jobManager;

export const deleteCluster: Step = {
  name: "delete the session cluster",
  act: (world) => world.server.delete("user", flinkDeployment, namespace, resourceName),
  until: (view) => view.resource === undefined && view.leftovers.length === 0,
};

/** As `kubectl delete -f` does: one after the other, and it does not wait for the end of one before it deletes the next. */
export const deleteTogether = (order: "jobs first" | "cluster first"): Step[] => {
  const jobs: Step = {
    name: "delete the session jobs, without waiting",
    act(world) {
      for (const { metadata } of world.server.list(flinkSessionJob, { namespace }))
        world.server.delete("user", flinkSessionJob, namespace, metadata.name);
    },
    thenWaitMs: 40,
  };
  const cluster: Step = {
    name: "delete the session cluster, without waiting",
    act: (world) => world.server.delete("user", flinkDeployment, namespace, resourceName),
    thenWaitMs: 40,
  };
  return [
    ...(order === "jobs first" ? [jobs, cluster] : [cluster, jobs]),
    {
      name: "everything is gone",
      until: (view) =>
        view.resource === undefined &&
        view.leftovers.length === 0 &&
        view.world.server.list(flinkSessionJob, { namespace }).length === 0 &&
        view.sessionJobs.length === 0,
    },
  ];
};

/** The second JobManager is ready and runs each of these jobs. */
const recoveredOnSecondJobManager =
  (...names: readonly JobName[]) =>
  (view: View): boolean =>
    launchesOfJobs(view) === 2 &&
    clusterReady(view) &&
    sessionJobsRun(...names.map((name) => ({ name, edition: "1" })))(view);

export const upgradeCluster = (...names: readonly JobName[]): Step => ({
  name: "give the session cluster's JobManager more memory",
  act: (world) => edit(world, { jobManager: { resource: { memory: "2048m" } } }),
  until: recoveredOnSecondJobManager(...names),
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
});

export const loseDeployment = (...names: readonly JobName[]): Step => ({
  name: "delete the JobManager's Deployment by hand",
  act: (world) => world.server.delete("user", deployment, namespace, resourceName),
  until: recoveredOnSecondJobManager(...names),
  thenWaitMs: severalCheckpointsMs,
});
