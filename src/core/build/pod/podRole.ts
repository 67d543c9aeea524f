import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import type { Option } from "../../../config/option.ts";
import { jobManagerSelector, taskManagerSelector } from "../clusterMetadata.ts";
import type { FlinkCluster } from "../flinkCluster.ts";

type MapOption = Option<ReadonlyMap<string, string> | undefined>;

/** The differences between the pods of Flink's two processes: the options that each reads for the same setting. */
export interface PodRole {
  selector(cluster: FlinkCluster): Record<string, string>;
  /** Process memory in bytes. */
  memory(cluster: FlinkCluster): bigint;
  cpu(config: FlinkConfig): number;
  readonly cpuLimitFactor: Option<number>;
  readonly memoryLimitFactor: Option<number>;
  readonly labels: MapOption;
  readonly annotations: MapOption;
  readonly serviceAccount: Option<string>;
  readonly nodeSelector: MapOption;
  readonly tolerations: Option<readonly ReadonlyMap<string, string>[]>;
  /** The prefix of keys that end with an environment variable's name. */
  readonly environmentPrefix: string;
}

export const jobManagerRole: PodRole = {
  selector: jobManagerSelector,
  memory: ({ jobManagerMemory }) => jobManagerMemory,
  cpu: (config) => config.get(flinkOptions.jobManagerCpu),
  cpuLimitFactor: flinkOptions.jobManagerCpuLimitFactor,
  memoryLimitFactor: flinkOptions.jobManagerMemoryLimitFactor,
  labels: flinkOptions.jobManagerLabels,
  annotations: flinkOptions.jobManagerAnnotations,
  serviceAccount: flinkOptions.jobManagerServiceAccount,
  nodeSelector: flinkOptions.jobManagerNodeSelector,
  tolerations: flinkOptions.jobManagerTolerations,
  environmentPrefix: "containerized.master.env.",
};

/** Standalone clusters only. The JobManager creates those of a native cluster from the same options. */
export const taskManagerRole: PodRole = {
  selector: taskManagerSelector,
  memory: ({ taskManagerMemory }) => taskManagerMemory,
  cpu: taskManagerCpu,
  cpuLimitFactor: flinkOptions.taskManagerCpuLimitFactor,
  memoryLimitFactor: flinkOptions.taskManagerMemoryLimitFactor,
  labels: flinkOptions.taskManagerLabels,
  annotations: flinkOptions.taskManagerAnnotations,
  serviceAccount: flinkOptions.taskManagerServiceAccount,
  nodeSelector: flinkOptions.taskManagerNodeSelector,
  tolerations: flinkOptions.taskManagerTolerations,
  environmentPrefix: "containerized.taskmanager.env.",
};

/** By default as many cores as slots, as in Flink. The reference requests -1 then, and the API server rejects it. */
export function taskManagerCpu(config: FlinkConfig): number {
  const configured = config.get(flinkOptions.taskManagerCpu);
  return configured !== undefined && configured > 0 ? configured : config.get(flinkOptions.taskSlots);
}
