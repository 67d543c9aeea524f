import type { Scenario, Step, View } from "../scenario.ts";
import { textAt } from "../world/json.ts";
import { edit, type UpgradeMode } from "./resource.ts";
import { deployCluster, jobsRunOnJobManager, submitJobs } from "./session.ts";
import {
  deploy,
  deployWith,
  healthy,
  healthyWithoutHa,
  isRunning,
  severalCheckpointsMs,
  suspend,
  withoutHa,
} from "./steps.ts";

const next = { image: "flink:2.1", flinkVersion: "v2_1" };

const reportsNextVersion = ({ status }: View): boolean =>
  textAt(status, "clusterInfo", "flink-version")?.startsWith("2.1") === true;

/** HA metadata is for the version that wrote it: the first start of the new JobManager is from a path that the operator gave. */
const startedFromPath = ({ world }: View): boolean => {
  const starts = world.journal.of("job-started");
  return starts.find(({ pod }) => pod === starts.at(-1)?.pod)?.restored.by === "savepoint-path";
};

const changeVersion: Step = {
  name: "change the version of Flink, and its image",
  act: (world) => edit(world, next),
  until: (view) => isRunning(next.image)(view) && reportsNextVersion(view) && startedFromPath(view),
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

const changeStateless: Step = {
  ...changeVersion,
  until: (view) => isRunning(next.image)(view) && reportsNextVersion(view),
};

/** Of a suspended job, and resume it in the same edit. */
const resumeNextVersion: Step = {
  ...changeVersion,
  name: "resume with the next version of Flink",
  act: (world) => edit(world, { ...next, job: { state: "running" } }),
  replacesJob: false,
};

const changeVersionOfCluster: Step = {
  ...changeVersion,
  name: "change the version of the session cluster, and its image",
  until: (view) => jobsRunOnJobManager(2)(view) && reportsNextVersion(view),
};

/** Without a directory for savepoints: the job is cancelled, and goes on from its newest checkpoint. */
const deployWithoutSavepoints = (mode: UpgradeMode): Step => deployWith({ "state.savepoints.dir": "" }, mode);

/** Flink reads the savepoints and the retained checkpoints of an older version, and not its HA metadata. */
export const workloads: readonly Scenario[] = [
  { name: "flink-version-savepoint", steps: [deploy("savepoint"), changeVersion], ...healthy },
  { name: "flink-version-last-state", steps: [deploy("last-state"), changeVersion], ...healthy },
  {
    name: "flink-version-last-state-without-savepoints",
    steps: [deployWithoutSavepoints("last-state"), changeVersion],
    ...healthy,
  },
  {
    name: "flink-version-last-state-without-ha",
    steps: [deploy("last-state", withoutHa), changeVersion],
    ...healthyWithoutHa,
  },
  {
    name: "flink-version-stateless",
    steps: [deploy("stateless"), changeStateless],
    ...healthy,
    stateful: false,
  },
  {
    name: "flink-version-while-suspended",
    steps: [deploy("savepoint"), suspend, resumeNextVersion],
    ...healthy,
  },
  {
    name: "flink-version-session",
    steps: [deployCluster(), submitJobs({ one: "savepoint", two: "last-state" }), changeVersionOfCluster],
    ...healthy,
  },
];
