import type { CompletedSnapshot, FlinkFacts } from "../../api/flinkFacts.ts";
import type { Facts, HaConfigMap, JobManagerDeployment } from "../job/model/facts.ts";
import type { FlinkResourceStatus } from "../job/model/flinkResource.ts";
import { isTerminal } from "../job/observe/observeJob.ts";
import { readLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import type { Start } from "./foresee.ts";

/** Stands for the path of a checkpoint that nobody has asked for. */
const ASSUMED_CHECKPOINT = "its newest checkpoint";
const UID = "assumed";
const MAIN_POD = "assumed-jobmanager";

/** The same start with assumed facts, for those who may not, or cannot, see the real ones. */
export const assume = (start: Start): Start => ({ ...start, facts: assumedFacts(start), assumed: true });

/**
 * The facts of a healthy cluster as the status describes it. A job that runs has a checkpoint. What is known of other resources
 * is kept: its snapshots, its session cluster.
 */
function assumedFacts({ resource, facts, highAvailability, now }: Start): Facts {
  const { status = {}, metadata, spec } = resource;
  const { jobManagerDeploymentStatus: jobManagerStatus, jobStatus } = status;
  const isThere =
    jobManagerStatus !== undefined && jobManagerStatus !== "MISSING" && jobManagerStatus !== "ERROR";
  const { routes: _, taskManagers: __, ...base } = facts;
  const { jobId } = jobStatus ?? {};
  const haConfigMaps =
    highAvailability === true && jobId !== undefined && hasState(status)
      ? [haMetadata(metadata.name, jobId)]
      : [];
  if (!isThere)
    return {
      ...base,
      jobManager: undefined,
      jobManagerPods: [],
      taskManagerPods: [],
      haConfigMaps,
      flink: undefined,
    };
  return {
    ...base,
    jobManager: jobManager(now),
    ...(spec.mode === "standalone" && facts.session === undefined
      ? { taskManagers: taskManagers(status) }
      : {}),
    jobManagerPods: [
      {
        name: MAIN_POD,
        ip: "127.0.0.1",
        ready: true,
        deleting: false,
        problem: undefined,
        runningSince: now,
      },
    ],
    taskManagerPods: [],
    haConfigMaps,
    flink: jobManagerStatus === "READY" ? answers(status, now) : undefined,
    restHost: "127.0.0.1",
  };
}

/** The HA metadata of a job goes when it ends, and stays when it is suspended by last-state. */
function hasState({ jobStatus, reconciliationStatus }: FlinkResourceStatus): boolean {
  if (!isTerminal(jobStatus?.state)) return true;
  const deployed = readLastReconciledSpec(reconciliationStatus?.lastReconciledSpec);
  return deployed?.spec.job?.state === "suspended" && deployed.spec.job.upgradeMode === "last-state";
}

const jobManager = (now: number): JobManagerDeployment => ({
  uid: UID,
  creationTimestamp: new Date(now).toISOString(),
  deleting: false,
  generation: undefined,
  launchId: undefined,
  replicas: 1,
  availableReplicas: 1,
  conditions: [],
});

const taskManagers = ({ taskManager }: FlinkResourceStatus): NonNullable<Facts["taskManagers"]> => ({
  uid: `${UID}-taskmanagers`,
  deleting: false,
  replicas: taskManager?.replicas ?? 1,
  scaledDirectly: false,
  conditions: [],
});

const haMetadata = (cluster: string, jobId: string): HaConfigMap => ({
  name: `${cluster}-${jobId}-config-map`,
  uid: UID,
  deleting: false,
  dataKeys: ["checkpointID-1", `jobGraph-${jobId}`],
});

function answers({ jobStatus, clusterInfo }: FlinkResourceStatus, now: number): FlinkFacts {
  const { jobId, state, startTime } = jobStatus ?? {};
  const checkpoint: CompletedSnapshot = {
    id: 1,
    externalPath: ASSUMED_CHECKPOINT,
    isSavepoint: false,
    discarded: false,
    timestamp: now,
    stateSize: undefined,
  };
  const job =
    jobId === undefined || state === undefined
      ? []
      : [
          {
            id: jobId,
            name: jobStatus?.jobName ?? "",
            state,
            startTime: Number(startTime ?? 0),
            endTime: -1,
            lastModification: Number(startTime ?? 0),
            tasks: { running: 1, total: 1 },
          },
        ];
  return {
    deploymentUid: UID,
    observedAt: now,
    reachability: "ok",
    answeringSince: 0,
    consecutiveFailures: 0,
    config: { flinkVersion: clusterInfo?.["flink-version"] ?? "", flinkRevision: "" },
    jobsAt: now,
    jobs: job,
    taskManagers: { at: now, list: [{ id: UID, slots: 1, freeSlots: 0 }] },
    ...(jobId === undefined
      ? {}
      : {
          checkpoints: {
            jobId,
            at: now,
            asOf: now,
            statistics: {
              completedCount: 1,
              inProgressCount: 0,
              latestCompleted: checkpoint,
              latestSavepoint: undefined,
              latestRestored: undefined,
            },
          },
        }),
  };
}
