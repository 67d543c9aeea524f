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
  isAdaptive,
  isHighAvailabilityEnabled,
  taskManagersAsked,
  unreadableHighAvailability,
} from "../../../config/flinkOptions.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { operatorOptions } from "../../../config/operatorOptions.ts";
import { restTls } from "../../../config/restTls.ts";
import type { Amount } from "../../../config/values/amount.ts";
import type { DisruptionWindows } from "../../../config/values/disruptionWindows.ts";
import { formatJavaDouble } from "../../../config/values/javaDouble.ts";
import type { Schedule } from "../../../config/values/schedule.ts";
import { jobManagerMemory, taskManagerMemory } from "../../build/memory/memory.ts";
import { taskManagerCpu } from "../../build/pod/podRole.ts";
import { hasLocalResults } from "../../build/resultStores.ts";
import { oldestWithCheckpoints } from "../../validate/validateFlinkStateSnapshot.ts";
import { autoscalerLimit } from "../../warn/warnOfNoEffect.ts";
import type { HealthLimits } from "../observe/clusterHealth.ts";

/** The options that decisions depend on, read once per reconcile from a resource's observe configuration. */
export interface Settings {
  readonly reconcileIntervalMs: number;
  readonly progressCheckIntervalMs: number;
  /** How long a JobManager that was READY may not answer before it counts as not ready. */
  readonly clientTimeoutMs: number;
  readonly restPort: number;
  /** Undefined: Flink's REST API speaks plain HTTP. */
  readonly restTls: RestTls | undefined;
  readonly managesIngress: boolean;
  /** How long Flink answers checkpoint statistics from its cache. */
  readonly statisticsCacheMs: number;
  /** How long the deletion of a cluster may take. */
  readonly cleanupTimeoutMs: number;
  readonly highAvailability: boolean;
  /** Where the HA metadata is, in words, if the operator cannot read it: ZooKeeper, or a user's own factory. */
  readonly unreadableHa: string | undefined;
  readonly recoveryEnabled: boolean;
  /** How long the check of an SQL script may take before the running job is stopped; undefined: there is none. */
  readonly sqlCheckTimeoutMs: number | undefined;
  /** How long the new cluster of a warm upgrade may take to stand; undefined: upgrades are cold. */
  readonly warmUpgradeTimeoutMs: number | undefined;
  /** Why a warm upgrade is not possible, as a clause. Undefined: the configuration allows it. */
  readonly notWarm: string | undefined;
  /** Why the JobManager of a job that has been stopped may submit it again if it restarts, as a clause. Undefined: it does not. */
  readonly submitsAgain: string | undefined;
  /** The slots that the job needs at its start. */
  readonly slots: number;
  readonly rollbackEnabled: boolean;
  /** How long an upgrade may take to become stable before it is rolled back. */
  readonly readinessTimeoutMs: number;
  /** Restart a job that ends as FAILED. */
  readonly restartFailed: boolean;
  /** A spec is stable only once its job has completed a checkpoint. */
  readonly stableAfterCheckpoint: boolean;
  /** When a running job counts as unhealthy and is restarted; undefined: its health is not checked. */
  readonly health: HealthLimits | undefined;
  /** How long the JobManager of a job that has ended is kept. */
  readonly jobManagerShutdownTtlMs: number;
  readonly lastStateFallback: boolean;
  /** last-state upgrades of a job with HA metadata may cancel the job instead of only deleting its JobManager. */
  readonly jobCancel: boolean;
  /** A running job whose newest checkpoint is older is upgraded by savepoint; undefined: no limit. */
  readonly maxCheckpointAgeMs: number | undefined;
  /** Checkpoints outlive a cancelled job. */
  readonly checkpointsRetainedOnCancel: boolean;
  readonly checkpointDirectory: string | undefined;
  readonly savepointDirectory: string | undefined;
  readonly savepointFormat: "CANONICAL" | "NATIVE";
  readonly checkpointType: "FULL" | "INCREMENTAL";
  /** Flink takes checkpoints on demand. */
  readonly checkpointsOnDemand: boolean;
  /** The schedule of periodic snapshots, for each kind. */
  readonly periodic: Readonly<Record<SnapshotKind, Schedule | undefined>>;
  /** How long a failing snapshot is triggered again. Only without snapshot resources. */
  readonly triggerGraceMs: Readonly<Record<SnapshotKind, number>>;
  /** Each snapshot is a FlinkStateSnapshot; otherwise snapshots are recorded in the status. */
  readonly snapshotResources: boolean;
  readonly savepointDisposeOnDelete: boolean;
  /** An upgrade does not wait for a savepoint that is being taken. */
  readonly ignorePendingSavepoint: boolean;
  /** Delete snapshots that are too old or too many. */
  readonly savepointCleanup: boolean;
  /** Only report which snapshots would be deleted. */
  readonly cleanupDryRun: boolean;
  /** The number of checkpoints that the job itself retains. Older checkpoint resources are obsolete. */
  readonly checkpointsRetained: number;
  /** The FlinkDeployment that disposes of the job's savepoints if the job's own cluster cannot. */
  readonly disposalCluster: string | undefined;
  readonly savepointHistory: { readonly maxCount: number; readonly maxAgeMs: number };
  /** A deletion takes a savepoint first. */
  readonly savepointOnDeletion: boolean;
  /** A session cluster is not deleted while FlinkSessionJobs name it, or while other jobs run in it. */
  readonly blockOnSessionJobs: boolean;
  readonly blockOnUnmanagedJobs: boolean;
  /**
   * How long a session cluster that is to be replaced waits for its jobs to save their state; undefined: it does not
   * wait.
   */
  readonly saveSessionJobsMs: number | undefined;
  /** The job is drained before that savepoint. */
  readonly drainOnDeletion: boolean;
  /** The time limit for the download of a session job's jar, its upload and the start of the job together. */
  readonly submissionTimeoutMs: number;
  /** A disruptive edit waits until its generation is approved. */
  readonly approvalRequired: boolean;
  /** When a change that is no edit may restart what runs; undefined: at any time. */
  readonly disruptionWindows: DisruptionWindows | undefined;
  /** How many resources of the namespace such changes may disrupt at once; undefined: any number. */
  readonly maxUnavailable: Amount | undefined;
  /** How many of them must have failed to stop the wave. */
  readonly failureThreshold: Amount;
  /** How long one must have been stable to give its place back. */
  readonly stableTimeMs: number;
  /** After what time one that is not stable has failed. */
  readonly progressDeadlineMs: number;
  /** The backoff between attempts of a failing action. */
  readonly retry: {
    readonly floorMs: number;
    readonly capMs: number;
    readonly factor: number;
    /** After this many failed attempts in a row there is no retry. */
    readonly maxAttempts: number;
  };
  /** The maximum number of job exceptions that one reconcile reports, and the lines of each. */
  readonly exceptionEvents: number;
  readonly exceptionEventLines: number;
  readonly autoscaler: boolean;
  /** The autoscaler sets the memory of the TaskManagers, too. */
  readonly memoryTuning: boolean;
  /** What of the autoscaler has no effect, in a sentence. */
  readonly autoscalerLimit: string | undefined;
  /** Each launch removes the results of earlier ones. */
  readonly cleansResults: boolean;
  /** The job uses all available TaskManagers and adapts to a change of their number. */
  readonly reactive: boolean;
  /** The parallelism of vertices whose own is not set. */
  readonly defaultParallelism: number;
  /** By vertex id, as text. Empty if it cannot be parsed. */
  parallelismOverrides(): ReadonlyMap<string, string>;
  /** Why the parallelism of the job cannot be changed in place, as a clause. Undefined: its configuration allows it. */
  readonly notInPlace: string | undefined;
  /** Standalone clusters only. */
  readonly taskManagers: number;
  /** For clusterInfo: CPU cores and bytes of memory of the JobManagers and `taskManagers` TaskManagers. */
  totalCpu(taskManagers: number): string;
  /** Undefined if the configuration of a running cluster contains a value that the operator cannot parse. */
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
    sqlCheckTimeoutMs: config.get(operatorOptions.sqlCheck)
      ? config.get(operatorOptions.sqlCheckTimeout)
      : undefined,
    recoveryEnabled: config.get(operatorOptions.jobManagerRecovery),
    warmUpgradeTimeoutMs: config.get(operatorOptions.warmUpgrade)
      ? config.get(operatorOptions.warmUpgradeTimeout)
      : undefined,
    notWarm: whyNotWarm(config),
    submitsAgain: whySubmitsAgain(config),
    slots: taskManagersAsked(config) * config.get(flinkOptions.taskSlots),
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
    approvalRequired: config.get(operatorOptions.upgradeApproval) === "manual",
    disruptionWindows: config.get(operatorOptions.disruptionWindows),
    maxUnavailable: config.get(operatorOptions.maxUnavailable),
    failureThreshold: config.get(operatorOptions.disruptionFailureThreshold),
    stableTimeMs: config.get(operatorOptions.disruptionStableTime),
    progressDeadlineMs: config.get(operatorOptions.disruptionProgressDeadline),
    retry: {
      floorMs: config.get(operatorOptions.retryInitialInterval),
      capMs: config.get(operatorOptions.retryMaxInterval),
      factor: config.get(operatorOptions.retryMultiplier),
      maxAttempts: config.get(operatorOptions.retryMaxAttempts),
    },
    exceptionEvents: config.get(operatorOptions.exceptionEvents),
    exceptionEventLines: config.get(operatorOptions.exceptionEventLines),
    autoscaler: config.get(autoscalerOptions.enabled),
    memoryTuning: config.get(autoscalerOptions.memoryTuningEnabled),
    autoscalerLimit: autoscalerLimit(config),
    cleansResults: config.get(operatorOptions.resultStoreCleanup) && hasLocalResults(config),
    reactive: config.get(flinkOptions.schedulerMode) === "REACTIVE",
    defaultParallelism: config.get(flinkOptions.defaultParallelism),
    parallelismOverrides: () =>
      orUndefined(() => config.get(flinkOptions.parallelismOverrides)) ?? new Map<string, string>(),
    notInPlace: whyNotInPlace(config),
    taskManagers: taskManagersAsked(config),
    totalCpu: (taskManagers) => formatJavaDouble(totalCpu(config, taskManagers)),
    totalMemory: memoizeLast((taskManagers) => orUndefined(() => String(totalMemory(config, taskManagers)))),
  };
}

/** Caches the last result, because each reconcile needs it. */
function memoizeLast<Value>(work: (count: number) => Value): (count: number) => Value {
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

/** The REST endpoint of a cluster at this host. */
export const endpointAt = (host: string, { restPort, restTls }: Settings): RestEndpoint => ({
  host,
  port: restPort,
  ...(restTls && { tls: restTls }),
});

/** The requested limits, capped by the operator's limits. */
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

/** At least the time that Flink needs to give up on failing checkpoints and to complete one after that. */
function progressWindow(config: FlinkConfig): number | undefined {
  const interval = config.get(flinkOptions.checkpointInterval) ?? 0;
  if (interval <= 0) return undefined;
  const attempts = config.get(flinkOptions.tolerableFailedCheckpoints) + 2;
  const minimum = Math.max(interval, config.get(flinkOptions.checkpointTimeout)) * attempts;
  return Math.max(minimum, config.get(operatorOptions.healthCheckProgressWindow) ?? 0);
}

/** The rules of the Java operator (REFERENCE 1.19). */
function whyNotInPlace(config: FlinkConfig): string | undefined {
  const version = config.get(flinkOptions.flinkVersion);
  if (!config.get(operatorOptions.inPlaceScaling)) return `${operatorOptions.inPlaceScaling.key} is false`;
  if (!isAdaptive(config)) return `${flinkOptions.scheduler.key} is not adaptive`;
  return isSupportedFlinkVersion(version) && isAtLeast(version, "v1_18")
    ? undefined
    : "Flink can do it since 1.18";
}

/** The gate needs TaskManagers before there is a job, and HA, without which the Java operator would start a lost job anew. */
function whyNotWarm(config: FlinkConfig): string | undefined {
  const version = config.get(flinkOptions.flinkVersion);
  if (!isSupportedFlinkVersion(version) || !isAtLeast(version, "v1_19")) return "Flink can do it since 1.19";
  if (!isHighAvailabilityEnabled(config)) return "high-availability.type is not set";
  if (unreadableHighAvailability(config) !== undefined) return "high availability is not that of Kubernetes";
  if (config.get(flinkOptions.hostNetwork)) return `${flinkOptions.hostNetwork.key} is true`;
  return config.entries.has("$internal.pipeline.job-id") ? "the id of the job is fixed" : undefined;
}

/** The result of the job would tell the main method that it has ended. Without high availability it is in memory. */
function whySubmitsAgain(config: FlinkConfig): string | undefined {
  const { jobResultStoreDeleteOnCommit: option } = flinkOptions;
  if (!isHighAvailabilityEnabled(config)) return "high-availability.type is not set";
  // The operator sets false where the user sets nothing.
  return config.isSet(option) && config.get(option) ? `${option.key} is true` : undefined;
}

function orUndefined<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof BuildError) return undefined;
    throw error;
  }
}

/** Cores times limit factor, summed as the reference does for its metrics. */
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
