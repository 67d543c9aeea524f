/** Situations for tests: a running job with HA and checkpoints, with changes per test. */
import type { CheckpointStatistics, CompletedSnapshot, FlinkFacts, JobState } from "../../api/flinkFacts.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import type {
  FlinkDeployment,
  FlinkDeploymentSpec,
  FlinkDeploymentStatus,
} from "../../api/v1beta1/flinkdeployment.ts";
import { FINALIZER } from "../../api/v1beta1/names.ts";
import { formatLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import type { Input, SpecConfiguration } from "./decide.ts";
import type {
  Facts,
  HaConfigMap,
  JobManagerDeployment,
  SnapshotFacts,
  TaskManagerDeployment,
} from "./model/facts.ts";
import { flinkDeploymentKind } from "./model/resourceKind.ts";
import type { Settings } from "./model/settings.ts";
import type { Situation } from "./model/situation.ts";

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
  replicas: 1,
  availableReplicas: 1,
  conditions: [],
};

/** The TaskManagers of a standalone cluster. */
export const theTaskManagers = (more: Partial<TaskManagerDeployment> = {}): TaskManagerDeployment => ({
  uid: "deployment-2",
  deleting: false,
  replicas: 1,
  scaledDirectly: false,
  conditions: [],
  ...more,
});

export const haOfJob: HaConfigMap = {
  name: `job-${aJobId}-config-map`,
  uid: "ha-1",
  deleting: false,
  dataKeys: ["checkpointID-0000000000000000007", "counter"],
};

const endStates: ReadonlySet<JobState> = new Set(["FINISHED", "CANCELED", "FAILED"]);

/** Whatever the time is: Flink has just told that nobody else has begun anything. */
export const lately = { at: 1, asOf: Number.MAX_SAFE_INTEGER };
const nobodyElse = { checkpoints: { jobId: aJobId, ...lately, statistics: undefined } };

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
      tasks: { running: 1, total: 1 },
    },
  ],
  taskManagers: { at: 1_000, list: [{ id: "job-taskmanager-1-1", slots: 1, freeSlots: 0 }] },
  ...(endStates.has(state) ? {} : nobodyElse),
  ...more,
});

export const someFacts = (more: Partial<Facts> = {}): Facts => ({
  jobManager: aDeployment,
  jobManagerPods: [{ name: "job-abc", ip: "10.0.0.1", ready: true, deleting: false, problem: undefined }],
  taskManagerPods: [],
  haConfigMaps: [haOfJob],
  snapshots: [],
  flink: flinkFacts("RUNNING"),
  restHost: "10.0.0.1",
  podLog: undefined,
  routes: { Ingress: {}, HTTPRoute: {} },
  ...more,
});

export const someSettings = (more: Partial<Settings> = {}): Settings => ({
  reconcileIntervalMs: 60_000,
  progressCheckIntervalMs: 10_000,
  clientTimeoutMs: 10_000,
  restPort: 8081,
  restTls: undefined,
  managesIngress: true,
  statisticsCacheMs: 3_000,
  cleanupTimeoutMs: 300_000,
  highAvailability: true,
  unreadableHa: undefined,
  recoveryEnabled: true,
  sqlCheckTimeoutMs: 300_000,
  warmUpgradeTimeoutMs: undefined,
  notWarm: undefined,
  submitsAgain: undefined,
  slots: 1,
  rollbackEnabled: false,
  readinessTimeoutMs: 300_000,
  restartFailed: false,
  stableAfterCheckpoint: false,
  health: undefined,
  jobManagerShutdownTtlMs: 86_400_000,
  lastStateFallback: true,
  jobCancel: false,
  maxCheckpointAgeMs: undefined,
  checkpointsRetainedOnCancel: true,
  checkpointDirectory: "file:///checkpoints",
  savepointDirectory: "file:///savepoints",
  savepointFormat: "CANONICAL",
  checkpointType: "FULL",
  checkpointsOnDemand: true,
  periodic: { savepoint: undefined, checkpoint: undefined },
  triggerGraceMs: { savepoint: 60_000, checkpoint: 60_000 },
  snapshotResources: false,
  savepointDisposeOnDelete: false,
  ignorePendingSavepoint: false,
  savepointCleanup: false,
  cleanupDryRun: false,
  checkpointsRetained: 1,
  disposalCluster: undefined,
  savepointHistory: { maxCount: 10, maxAgeMs: 86_400_000 },
  savepointOnDeletion: false,
  drainOnDeletion: false,
  blockOnSessionJobs: true,
  blockOnUnmanagedJobs: true,
  saveSessionJobsMs: 600_000,
  submissionTimeoutMs: 600_000,
  approvalRequired: false,
  disruptionWindows: undefined,
  maxUnavailable: undefined,
  failureThreshold: { percent: 50 },
  stableTimeMs: 30_000,
  progressDeadlineMs: 900_000,
  retry: { floorMs: 5_000, capMs: 60_000, factor: 1.5, maxAttempts: 15 },
  exceptionEvents: 10,
  exceptionEventLines: 5,
  autoscaler: false,
  memoryTuning: false,
  autoscalerLimit: undefined,
  cleansResults: false,
  reactive: false,
  defaultParallelism: 1,
  parallelismOverrides: () => new Map(),
  notInPlace: "jobmanager.scheduler is not adaptive",
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

/** The running job. `spec` is the requested spec, `deployedSpec` the running one. */
export function aSituation(more: Partial<Situation> = {}): Situation {
  return {
    kind: flinkDeploymentKind,
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

/** A status by the Java operator or this one: `deployed` in lastReconciledSpec, plus the changes of a test. */
export function aStatus(
  deployed: FlinkDeploymentSpec,
  more: Partial<FlinkDeploymentStatus> & {
    readonly job?: Partial<NonNullable<FlinkDeploymentStatus["jobStatus"]>>;
    readonly state?: "DEPLOYED" | "UPGRADING";
    readonly firstDeployment?: boolean;
  } = {},
): FlinkDeploymentStatus {
  const { job, state = "DEPLOYED", firstDeployment = false, ...status } = more;
  const recorded = formatLastReconciledSpec(deployed, { firstDeployment });
  return {
    ...runningStatus,
    lifecycleState: state === "DEPLOYED" ? "STABLE" : "UPGRADING",
    conditions: [],
    clusterInfo: { "flink-version": "2.3.0", "flink-revision": "abc" },
    reconciliationStatus: {
      state,
      lastReconciledSpec: recorded,
      ...(state === "DEPLOYED" ? { lastStableSpec: recorded } : {}),
      reconciliationTimestamp: 1_000,
    },
    ...status,
    jobStatus: { ...runningStatus.jobStatus, ...job },
  };
}

export const withJobSpec = (
  job: Partial<NonNullable<FlinkDeploymentSpec["job"]>>,
  more: Partial<FlinkDeploymentSpec> = {},
): FlinkDeploymentSpec => ({ ...aSpec, ...more, job: { ...aSpec.job, ...job } });

/** A resource as `decide` gets it, its spec at generation 2. */
export const aResource = (
  spec: FlinkDeploymentSpec,
  status: FlinkDeploymentStatus | undefined,
  metadata: Partial<FlinkDeployment["metadata"]> = {},
): FlinkDeployment => ({
  metadata: {
    name: "job",
    namespace: "ns",
    uid: "uid-1",
    generation: 2,
    finalizers: [FINALIZER],
    ...metadata,
  },
  spec,
  ...(status === undefined ? {} : { status }),
});

/** A configuration that is always valid. Its objects contain the launch they were built for. */
export const aConfiguration =
  (settings: Partial<Settings> = {}, error?: SpecConfiguration["error"]): Input["configure"] =>
  (spec) => ({
    settings: someSettings(settings),
    fixedJobId: undefined,
    error,
    build: (launch) => ({
      beforeDeployment: [],
      deployment: { metadata: { name: "job" }, image: spec.image, launch } as KubeObject,
      afterDeployment: () => [],
    }),
  });

export const anInput = (
  resource: FlinkDeployment,
  facts: Partial<Facts> = {},
  more: Partial<Input> = {},
): Input => ({
  resource,
  facts: someFacts(facts),
  now: 100_000,
  configure: aConfiguration(),
  ...more,
});

export const noCluster: Partial<Facts> = {
  jobManager: undefined,
  jobManagerPods: [],
  taskManagerPods: [],
  flink: undefined,
  restHost: undefined,
};

export const aSnapshot = (id: number, more: Partial<CompletedSnapshot> = {}): CompletedSnapshot => ({
  id,
  externalPath: `file:/checkpoints/chk-${id}`,
  isSavepoint: false,
  discarded: false,
  timestamp: 700,
  stateSize: 1,
  ...more,
});

/** A completed FlinkStateSnapshot of the job. */
export const aSnapshotResource = (more: Partial<SnapshotFacts> = {}): SnapshotFacts => ({
  name: "snapshot",
  uid: "snapshot-1",
  kind: "savepoint",
  state: "COMPLETED",
  triggerType: "MANUAL",
  createdAt: 700,
  deleting: false,
  path: "file:/savepoints/of-resource",
  takenAt: 700,
  ...more,
});

/** Checkpoint statistics as the JobManager reports them. Without snapshots: checkpointing is disabled. */
export const checkpointFacts = (
  snapshots?: Partial<CheckpointStatistics>,
): Required<Pick<FlinkFacts, "checkpoints">> => ({
  checkpoints: {
    jobId: aJobId,
    ...lately,
    statistics: snapshots && {
      completedCount: 1,
      inProgressCount: 0,
      latestCompleted: undefined,
      latestSavepoint: undefined,
      latestRestored: undefined,
      ...snapshots,
    },
  },
});

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
