import type { Scenario, Step, View } from "../scenario.ts";
import { edit, resourceName } from "./resource.ts";
import { deployCluster, editJob, sessionJobsRun, submitJobs } from "./session.ts";
import {
  deploy,
  deployWith,
  healthy,
  isRunning,
  isSuspended,
  launches,
  resume,
  severalCheckpointsMs,
  suspend,
} from "./steps.ts";

/** Edits that only the operator refuses: no rule of the API server knows enough. They leave everything as it is. */

const refuses = (field: string, { status }: View): boolean => status?.error?.includes(field) === true;

const changeVersionWhileSuspended: Step = {
  name: "change the version of Flink of the job that is suspended by last-state",
  act: (world) => edit(world, { image: "flink:2.1", flinkVersion: "v2_1" }),
  until: (view) => refuses("spec.flinkVersion", view) && view.job?.working !== true && launches(view) === 1,
  thenWaitMs: severalCheckpointsMs,
};

const changeVersionBack: Step = {
  name: "change it back",
  act: (world) => edit(world, { image: "flink:1.20", flinkVersion: "v1_20" }),
  until: (view) => isSuspended(view) && view.status?.error === undefined,
  thenWaitMs: severalCheckpointsMs,
};

const interval = "kubernetes.operator.periodic.savepoint.interval";

const askForPeriodicSavepoints: Step = {
  name: "ask for periodic savepoints, for which there is no directory",
  act: (world) => edit(world, { flinkConfiguration: { [interval]: "10 min" } }),
  until: (view) => refuses(interval, view) && launches(view) === 1,
  thenWaitMs: severalCheckpointsMs,
};

const withdraw: Step = {
  name: "withdraw that",
  act: (world) => edit(world, { flinkConfiguration: { [interval]: null } }),
  until: (view) => isRunning("--edition;1")(view) && launches(view) === 1 && view.status?.error === undefined,
  thenWaitMs: severalCheckpointsMs,
};

const runs = sessionJobsRun({ name: "one", edition: "1" });

const nameOtherCluster: Step = {
  name: "name another session cluster",
  act: (world) => editJob(world, "one", { deploymentName: "other" }),
  until: (view) => view.sessionJob("one")?.status?.error?.includes("spec.deploymentName") === true,
  thenWaitMs: severalCheckpointsMs,
};

const nameFirstCluster: Step = {
  name: "name the first one again",
  act: (world) => editJob(world, "one", { deploymentName: resourceName }),
  until: (view) => runs(view) && view.sessionJob("one")?.status?.error === undefined,
  thenWaitMs: severalCheckpointsMs,
};

export const workloads: readonly Scenario[] = [
  {
    name: "refused-version-while-suspended",
    steps: [deploy("last-state"), suspend, changeVersionWhileSuspended, changeVersionBack, resume],
    ...healthy,
    healthy: false,
  },
  {
    name: "refused-periodic-savepoints",
    steps: [deployWith({ "state.savepoints.dir": "" }, "last-state"), askForPeriodicSavepoints, withdraw],
    ...healthy,
    healthy: false,
  },
  {
    name: "session-refused-other-cluster",
    steps: [deployCluster(), submitJobs({ one: "savepoint" }), nameOtherCluster, nameFirstCluster],
    ...healthy,
    healthy: false,
  },
];
