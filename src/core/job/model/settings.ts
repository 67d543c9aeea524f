import type { RestEndpoint, RestTls } from "../../../api/flinkFacts.ts";
import {
  type FlinkVersion,
  isAtLeast,
  isSupportedFlinkVersion,
  type SnapshotKind,
} from "../../../api/v1beta1/flinkdeployment.ts";
import { BuildError } from "../../../config/buildError.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import {
  flinkOptions,
  isHighAvailabilityEnabled,
  taskManagersAsked,
  unreadableHighAvailability,
} from "../../../config/flinkOptions.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { operatorOptions } from "../../../config/operatorOptions.ts";
import { restTls } from "../../../config/restTls.ts";
import { formatJavaDouble } from "../../../config/values/javaDouble.ts";
import type { Schedule } from "../../../config/values/schedule.ts";
import { jobManagerMemory, taskManagerMemory } from "../../build/memory/memory.ts";
import { taskManagerCpu } from "../../build/pod/podRole.ts";
import { hasLocalResults } from "../../build/resultStores.ts";
import { oldestWithCheckpoints } from "../../validate/validateFlinkStateSnapshot.ts";
import type { HealthLimits } from "../observe/clusterHealth.ts";

/** The options that decisions depend on, read once per pass from a resource's observe configuration. */
export interface Settings {
  readonly reconcileIntervalMs: number;
  readonly progressCheckIntervalMs: number;
  /** How long a silent JobManager that was READY is given before it counts as not ready. */
  readonly clientTimeoutMs: number;
  readonly restPort: number;
  /** Undefined: Flink's REST API speaks plain HTTP. */
  readonly restTls: RestTls | undefined;
  readonly managesIngress: boolean;
  /** For how long Flink answers checkpoint statistics from its cache. */
  readonly statisticsCacheMs: number;
  /** How long a cluster that was taken down may take to disappear. */
  readonly cleanupTimeoutMs: number;
  readonly highAvailability: boolean;
  /** Where its metadata is, in words, if the operator cannot read it there: ZooKeeper, or a factory of the user's own. */
  readonly unreadableHa: string | undefined;
  readonly recoveryEnabled: boolean;
  readonly rollbackEnabled: boolean;
  /** How long an upgrade may take to become stable before it is rolled back. */
  readonly readinessTimeoutMs: number;
  /** A job that ends as FAILED is started again. */
  readonly restartFailed: boolean;
  /** A spec is stable only once its job has completed a checkpoint. */
  readonly stableAfterCheckpoint: boolean;
  /** When a job that runs counts as unhealthy, and is restarted; undefined: its health is not looked at. */
  readonly health: HealthLimits | undefined;
  /** How long the JobManager of a job that has ended stays. */
  readonly jobManagerShutdownTtlMs: number;
  readonly lastStateFallback: boolean;
  /** last-state upgrades of a job with HA metadata may cancel the job instead of only deleting its JobManager. */
  readonly jobCancel: boolean;
  /** A running job whose newest checkpoint is older is upgraded by savepoint; undefined: any age will do. */
  readonly maxCheckpointAgeMs: number | undefined;
  /** Checkpoints outlive a cancelled job. */
  readonly checkpointsRetainedOnCancel: boolean;
  readonly checkpointDirectory: string | undefined;
  readonly savepointDirectory: string | undefined;
  readonly savepointFormat: "CANONICAL" | "NATIVE";
  readonly checkpointType: "FULL" | "INCREMENTAL";
  /** Flink takes checkpoints on demand. */
  readonly checkpointsOnDemand: boolean;
  /** When the job is to be snapshot by itself, of each kind. */
  readonly periodic: Readonly<Record<SnapshotKind, Schedule | undefined>>;
  /** How long a trigger is tried again whose snapshot fails. Without snapshot resources only. */
  readonly triggerGraceMs: Readonly<Record<SnapshotKind, number>>;
  /** Each snapshot is a FlinkStateSnapshot; else it is in the status. */
  readonly snapshotResources: boolean;
  readonly savepointDisposeOnDelete: boolean;
  /** An upgrade does not wait for a savepoint that is being taken. */
  readonly ignorePendingSavepoint: boolean;
  /** Snapshots that are too old or too many go. */
  readonly savepointCleanup: boolean;
  /** It is only told which ones would. */
  readonly cleanupDryRun: boolean;
  /** So many checkpoints the job keeps itself: of more, a resource tells nothing any more. */
  readonly checkpointsRetained: number;
  /** The FlinkDeployment that disposes of the job's savepoints where the job's own cluster cannot. */
  readonly disposalCluster: string | undefined;
  readonly savepointHistory: { readonly maxCount: number; readonly maxAgeMs: number };
  /** A deletion leaves a savepoint behind. */
  readonly savepointOnDeletion: boolean;
  /** A session cluster is not deleted while FlinkSessionJobs name it; nor while other jobs run in it. */
  readonly blockOnSessionJobs: boolean;
  readonly blockOnUnmanagedJobs: boolean;
  /** Before a session cluster is replaced its jobs save their state; how long it waits for that. Undefined: not at all. */
  readonly saveSessionJobsMs: number | undefined;
  /** The job finishes what is in its pipeline before that savepoint. */
  readonly drainOnDeletion: boolean;
  /** How long the download of a session job's jar, its upload and the start of the job may take together. */
  readonly submissionTimeoutMs: number;
  /** The pauses between tries of what keeps failing. */
  readonly retry: {
    readonly floorMs: number;
    readonly capMs: number;
    readonly factor: number;
    /** After so many in a row without success it rests. */
    readonly maxAttempts: number;
  };
  /** Exceptions of a job that one pass tells, at most, and lines of each. */
  readonly exceptionEvents: number;
  readonly exceptionEventLines: number;
  /** The user expects the job to be scaled by itself. */
  readonly autoscaler: boolean;
  /** Each launch removes the results of earlier ones. */
  readonly cleansResults: boolean;
  /** The job runs on all TaskManagers that there are, and takes to a change of their number by itself. */
  readonly reactive: boolean;
  /** Of a standalone cluster. */
  readonly taskManagers: number;
  /** For clusterInfo: CPU cores and bytes of memory of the JobManagers and `taskManagers` TaskManagers. */
  totalCpu(taskManagers: number): string;
  /** Undefined where the configuration of a cluster that runs says it in a way that we do not understand. */
  totalMemory(taskManagers: number): string | undefined;
}

export function readSettings(config: FlinkConfig): Settings {
  return {
    reconcileIntervalMs: config.get(operatorOptions.reconcileInterval),
    progressCheckIntervalMs: config.get(operatorOptions.progressCheckInterval),
    clientTimeoutMs: config.get(operatorOptions.flinkClientTimeout),
    restPort: config.get(flinkOptions.restPort),
    restTls: restTls(config),
    managesIngress: config.get(operatorOptions.ingressManage),
    statisticsCacheMs: config.get(flinkOptions.checkpointStatisticsCacheTimeout),
    cleanupTimeoutMs: config.get(operatorOptions.cleanupTimeout),
    highAvailability: isHighAvailabilityEnabled(config),
    unreadableHa: unreadableHighAvailability(config),
    recoveryEnabled: config.get(operatorOptions.jobManagerRecovery),
    rollbackEnabled: config.get(operatorOptions.rollback),
    readinessTimeoutMs: config.get(operatorOptions.readinessTimeout),
    restartFailed: config.get(operatorOptions.restartFailed),
    stableAfterCheckpoint: config.get(operatorOptions.stableAfterCheckpoint),
    health: config.get(operatorOptions.healthCheck) ? healthLimits(config) : undefined,
    jobManagerShutdownTtlMs: config.get(operatorOptions.jobManagerShutdownTtl),
    lastStateFallback: config.get(operatorOptions.lastStateFallback),
    jobCancel: config.get(operatorOptions.lastStateJobCancel),
    maxCheckpointAgeMs: config.get(operatorOptions.lastStateMaxCheckpointAge),
    checkpointsRetainedOnCancel: config.get(flinkOptions.checkpointRetention) === "RETAIN_ON_CANCELLATION",
    checkpointDirectory: config.get(flinkOptions.checkpointsDirectory),
    savepointDirectory: config.get(flinkOptions.savepointsDirectory),
    savepointFormat: config.get(operatorOptions.savepointFormat),
    checkpointType: config.get(operatorOptions.checkpointType),
    checkpointsOnDemand: takesCheckpoints(config),
    periodic: {
      savepoint: scheduleOf(config.get(operatorOptions.periodicSavepointInterval)),
      checkpoint: scheduleOf(config.get(operatorOptions.periodicCheckpointInterval)),
    },
    triggerGraceMs: {
      savepoint: config.get(operatorOptions.savepointTriggerGracePeriod),
      checkpoint: config.get(operatorOptions.checkpointTriggerGracePeriod),
    },
    snapshotResources: config.get(operatorOptions.snapshotResource),
    savepointDisposeOnDelete: config.get(operatorOptions.savepointDisposeOnDelete),
    ignorePendingSavepoint: config.get(operatorOptions.ignorePendingSavepoint),
    savepointCleanup: config.get(operatorOptions.savepointCleanup),
    cleanupDryRun: config.get(operatorOptions.cleanupDryRun),
    checkpointsRetained: config.get(flinkOptions.retainedCheckpoints),
    disposalCluster: config.get(operatorOptions.disposalCluster),
    savepointHistory: savepointHistory(config),
    savepointOnDeletion: config.get(operatorOptions.savepointOnDeletion),
    blockOnSessionJobs: config.get(operatorOptions.sessionBlockOnSessionJobs),
    blockOnUnmanagedJobs: config.get(operatorOptions.sessionBlockOnUnmanagedJobs),
    saveSessionJobsMs: config.get(operatorOptions.sessionUpgradeSavesJobs)
      ? config.get(operatorOptions.sessionUpgradeTimeout)
      : undefined,
    submissionTimeoutMs: config.get(operatorOptions.submissionTimeout),
    drainOnDeletion: config.get(operatorOptions.drainOnSavepointDeletion),
    retry: {
      floorMs: config.get(operatorOptions.retryInitialInterval),
      capMs: config.get(operatorOptions.retryMaxInterval),
      factor: config.get(operatorOptions.retryMultiplier),
      maxAttempts: config.get(operatorOptions.retryMaxAttempts),
    },
    exceptionEvents: config.get(operatorOptions.exceptionEvents),
    exceptionEventLines: config.get(operatorOptions.exceptionEventLines),
    autoscaler: config.get(autoscalerOptions.enabled),
    cleansResults: config.get(operatorOptions.resultStoreCleanup) && hasLocalResults(config),
    reactive: config.get(flinkOptions.schedulerMode) === "REACTIVE",
    taskManagers: taskManagersAsked(config),
    totalCpu: (taskManagers) => formatJavaDouble(totalCpu(config, taskManagers)),
    totalMemory: lastKept((taskManagers) => understood(() => String(totalMemory(config, taskManagers)))),
  };
}

/** Worked out anew only for another number: each pass asks. */
function lastKept<Value>(work: (count: number) => Value): (count: number) => Value {
  let last: { readonly count: number; readonly value: Value } | undefined;
  return (count) => {
    if (last?.count !== count) last = { count, value: work(count) };
    return last.value;
  };
}

const scheduleOf = (schedule: Schedule | "off" | undefined): Schedule | undefined =>
  schedule === "off" ? undefined : schedule;

function takesCheckpoints(config: FlinkConfig): boolean {
  const version = config.get(flinkOptions.flinkVersion);
  return !isSupportedFlinkVersion(version) || isAtLeast(version, oldestWithCheckpoints);
}

/** Where the REST API of a cluster is, at this host. */
export const endpointAt = (host: string, { restPort, restTls }: Settings): RestEndpoint => ({
  host,
  port: restPort,
  ...(restTls && { tls: restTls }),
});

/** What the resource asks for, but not more than the operator lets it have. */
function savepointHistory(config: FlinkConfig): Settings["savepointHistory"] {
  const count = config.get(operatorOptions.savepointMaxCount);
  const age = config.get(operatorOptions.savepointMaxAge);
  return {
    maxCount: Math.min(count, config.get(operatorOptions.savepointMaxCountThreshold) ?? count),
    maxAgeMs: Math.min(age, config.get(operatorOptions.savepointMaxAgeThreshold) ?? age),
  };
}

function healthLimits(config: FlinkConfig): HealthLimits {
  return {
    restarts: config.get(operatorOptions.healthCheckRestarts),
    restartsWindowMs: config.get(operatorOptions.healthCheckRestartsWindow),
    progressWindowMs: config.get(operatorOptions.healthCheckProgress) ? progressWindow(config) : undefined,
  };
}

/** At least as long as it takes Flink to give up on checkpoints that fail, and to complete one after that. */
function progressWindow(config: FlinkConfig): number | undefined {
  const interval = config.get(flinkOptions.checkpointInterval) ?? 0;
  if (interval <= 0) return undefined;
  const attempts = config.get(flinkOptions.tolerableFailedCheckpoints) + 2;
  const least = Math.max(interval, config.get(flinkOptions.checkpointTimeout)) * attempts;
  return Math.max(least, config.get(operatorOptions.healthCheckProgressWindow) ?? 0);
}

function understood<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof BuildError) return undefined;
    throw error;
  }
}

/** Cores times limit factor, as the reference adds them up for its metrics. */
function totalCpu(config: FlinkConfig, taskManagers: number): number {
  const jobManager =
    config.get(flinkOptions.jobManagerCpu) * config.get(flinkOptions.jobManagerCpuLimitFactor);
  const taskManager = taskManagerCpu(config) * config.get(flinkOptions.taskManagerCpuLimitFactor);
  return jobManager * config.get(flinkOptions.jobManagerReplicas) + taskManager * taskManagers;
}

function totalMemory(config: FlinkConfig, taskManagers: number): bigint {
  const version = config.get(flinkOptions.flinkVersion) as FlinkVersion;
  const jobManager = jobManagerMemory(config, version).process;
  const taskManager = taskManagerMemory(config, version).process;
  return (
    jobManager * BigInt(config.get(flinkOptions.jobManagerReplicas)) + taskManager * BigInt(taskManagers)
  );
}
