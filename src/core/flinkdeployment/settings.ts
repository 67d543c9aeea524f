import type { FlinkVersion } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions, isHighAvailabilityEnabled } from "../../config/flinkOptions.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import { formatJavaDouble } from "../../config/values/javaDouble.ts";
import { jobManagerMemory, taskManagerMemory } from "../build/memory.ts";

/** The options that decisions depend on, read once per pass from a resource's observe configuration. */
export interface Settings {
  readonly reconcileIntervalMs: number;
  readonly progressCheckIntervalMs: number;
  /** How long a silent JobManager that was READY is given before it counts as not ready. */
  readonly clientTimeoutMs: number;
  readonly restPort: number;
  readonly highAvailability: boolean;
  readonly recoveryEnabled: boolean;
  readonly lastStateFallback: boolean;
  /** last-state upgrades of a job with HA metadata may cancel the job instead of only deleting its JobManager. */
  readonly jobCancel: boolean;
  /** Checkpoints outlive a cancelled job. */
  readonly checkpointsRetainedOnCancel: boolean;
  readonly savepointDirectory: string | undefined;
  readonly savepointFormat: "CANONICAL" | "NATIVE";
  /** TaskManagers that the parallelism needs: parallelism / slots, rounded up. */
  readonly taskManagers: number;
  /** For clusterInfo: CPU cores and bytes of memory of the JobManagers and `taskManagers` TaskManagers. */
  totalCpu(taskManagers: number): string;
  totalMemory(taskManagers: number): string;
}

export function readSettings(config: FlinkConfig): Settings {
  const slots = config.get(flinkOptions.taskSlots);
  return {
    reconcileIntervalMs: config.get(operatorOptions.reconcileInterval),
    progressCheckIntervalMs: config.get(operatorOptions.progressCheckInterval),
    clientTimeoutMs: config.get(operatorOptions.flinkClientTimeout),
    restPort: config.get(flinkOptions.restPort),
    highAvailability: isHighAvailabilityEnabled(config),
    recoveryEnabled: config.get(operatorOptions.jobManagerRecovery),
    lastStateFallback: config.get(operatorOptions.lastStateFallback),
    jobCancel: config.get(operatorOptions.lastStateJobCancel),
    checkpointsRetainedOnCancel: config.get(flinkOptions.checkpointRetention) === "RETAIN_ON_CANCELLATION",
    savepointDirectory: config.get(flinkOptions.savepointsDirectory),
    savepointFormat: config.get(operatorOptions.savepointFormat),
    taskManagers: Math.ceil(config.get(flinkOptions.defaultParallelism) / slots),
    totalCpu: (taskManagers) => formatJavaDouble(totalCpu(config, taskManagers)),
    totalMemory: (taskManagers) => String(totalMemory(config, taskManagers)),
  };
}

/** Cores times limit factor, as the reference adds them up for its metrics. */
function totalCpu(config: FlinkConfig, taskManagers: number): number {
  const jobManager =
    config.get(flinkOptions.jobManagerCpu) * config.get(flinkOptions.jobManagerCpuLimitFactor);
  const configured = config.get(flinkOptions.taskManagerCpu);
  const cores = configured !== undefined && configured > 0 ? configured : config.get(flinkOptions.taskSlots);
  const taskManager = cores * config.get(flinkOptions.taskManagerCpuLimitFactor);
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
