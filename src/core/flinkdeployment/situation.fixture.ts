/** Situations for tests: a running job with HA and checkpoints, and what a test changes of it. */
import type { FlinkFacts, JobState } from "../../api/flinkFacts.ts";
import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import type { Facts, HaConfigMap, JobManagerDeployment } from "./facts.ts";
import type { Settings } from "./settings.ts";
import type { Situation } from "./situation.ts";

export const aJobId = "a".repeat(32);
export const anUid = "deployment-1";

export const aSpec: FlinkDeploymentSpec = {
  image: "flink:2.3",
  flinkVersion: "v2_3",
  serviceAccount: "flink",
  job: { jarURI: "local:///job.jar", parallelism: 1, upgradeMode: "savepoint", state: "running" },
};

export const aDeployment: JobManagerDeployment = {
  uid: anUid,
  creationTimestamp: "2026-01-01T00:00:00Z",
  deleting: false,
  generation: "1",
  launchId: "launch-1",
  availableReplicas: 1,
  conditions: [],
};

export const haOfJob: HaConfigMap = {
  name: `job-${aJobId}-config-map`,
  uid: "ha-1",
  deleting: false,
  dataKeys: ["checkpointID-0000000000000000007", "counter"],
};

export const flinkFacts = (state: JobState, more: Partial<FlinkFacts> = {}): FlinkFacts => ({
  deploymentUid: anUid,
  observedAt: 1_000,
  reachability: "ok",
  consecutiveFailures: 0,
  jobsAt: 1_000,
  jobs: [
    {
      id: aJobId,
      name: "job",
      state,
      startTime: 500,
      endTime: -1,
      lastModification: 600,
      tasks: { total: 1 },
    },
  ],
  ...more,
});

export const someFacts = (more: Partial<Facts> = {}): Facts => ({
  jobManager: aDeployment,
  jobManagerPods: [{ name: "job-abc", ip: "10.0.0.1", ready: true, deleting: false, trouble: undefined }],
  taskManagerPods: [],
  haConfigMaps: [haOfJob],
  flink: flinkFacts("RUNNING"),
  restHost: "10.0.0.1",
  crashLog: undefined,
  ...more,
});

export const someSettings = (more: Partial<Settings> = {}): Settings => ({
  reconcileIntervalMs: 60_000,
  progressCheckIntervalMs: 10_000,
  clientTimeoutMs: 10_000,
  restPort: 8081,
  statisticsCacheMs: 3_000,
  cleanupTimeoutMs: 300_000,
  highAvailability: true,
  recoveryEnabled: true,
  lastStateFallback: true,
  jobCancel: false,
  checkpointsRetainedOnCancel: true,
  savepointDirectory: "file:///savepoints",
  savepointFormat: "CANONICAL",
  taskManagers: 1,
  totalCpu: () => "2.0",
  totalMemory: () => "1024",
  ...more,
});

export const runningStatus: FlinkDeploymentStatus = {
  observedGeneration: 1,
  jobManagerDeploymentStatus: "READY",
  jobStatus: { jobId: aJobId, jobName: "job", state: "RUNNING" },
  reconciliationStatus: { state: "DEPLOYED" },
};

const buildNothing: Situation["build"] = () => ({
  beforeDeployment: [],
  deployment: { metadata: { name: "job" } },
  afterDeployment: () => [],
});

/** The running job; `spec` is what the user asks for now, `deployedSpec` what runs. */
export function aSituation(more: Partial<Situation> = {}): Situation {
  return {
    resource: { metadata: { name: "job", namespace: "ns", uid: "uid-1", generation: 2 }, spec: aSpec },
    uid: "uid-1",
    generation: 2,
    spec: aSpec,
    status: runningStatus,
    deployed: { spec: aSpec, metadata: { firstDeployment: false } },
    diff: undefined,
    facts: someFacts(),
    settings: someSettings(),
    nextSettings: someSettings(),
    now: 2_000,
    fixedJobId: undefined,
    build: buildNothing,
    asDeployed: { fixedJobId: undefined, build: buildNothing },
    ...more,
  };
}

export const withUpgradeMode = (
  upgradeMode: "savepoint" | "last-state" | "stateless",
  more: object = {},
): FlinkDeploymentSpec => ({
  ...aSpec,
  ...more,
  job: { ...aSpec.job, upgradeMode },
});

export const withJobState = (
  state: JobState,
  more: Partial<FlinkDeploymentStatus> = {},
): FlinkDeploymentStatus => ({
  ...runningStatus,
  jobStatus: { ...runningStatus.jobStatus, state },
  ...more,
});
