import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import type { Option } from "../../../config/option.ts";
import { jobManagerSelector, taskManagerSelector } from "../clusterMetadata.ts";
import type { FlinkCluster } from "../flinkCluster.ts";

type MapOption = Option<ReadonlyMap<string, string> | undefined>;

/** What tells the pods of Flink's two processes apart, where both read an option of their own for the same thing. */
export interface PodRole {
  selector(cluster: FlinkCluster): Record<string, string>;
  /** Bytes of the process. */
  memory(cluster: FlinkCluster): bigint;
  cpu(config: FlinkConfig): number;
  readonly cpuLimitFactor: Option<number>;
  readonly memoryLimitFactor: Option<number>;
  readonly labels: MapOption;
  readonly annotations: MapOption;
  readonly serviceAccount: Option<string>;
  readonly nodeSelector: MapOption;
  readonly tolerations: Option<readonly ReadonlyMap<string, string>[]>;
  /** Of the keys whose rest names an environment variable. */
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

/** Of a standalone cluster: those of a native one are made by its JobManager, from the same options. */
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

/** As many cores as slots where nothing is said, as Flink has it. The reference asks for -1 then, and is refused. */
export function taskManagerCpu(config: FlinkConfig): number {
  const configured = config.get(flinkOptions.taskManagerCpu);
  return configured !== undefined && configured > 0 ? configured : config.get(flinkOptions.taskSlots);
}
