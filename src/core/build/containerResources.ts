import { BuildError } from "../../config/buildError.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";
import type { Option } from "../../config/option.ts";
import { formatJavaDouble } from "../../config/values/javaDouble.ts";
import { asRecord, type JsonObject } from "./json.ts";
import { mebibytes } from "./memory.ts";
import type { NativeCluster } from "./nativeCluster.ts";

/** CPU and memory of the JobManager's container; what else the template asks for stays. */
export function containerResources(fromTemplate: JsonObject, cluster: NativeCluster): JsonObject {
  const { config, jobManagerMemory } = cluster;
  const cpu = config.get(flinkOptions.jobManagerCpu);
  const memory = mebibytes(jobManagerMemory);
  const cpuFactor = limitFactor(config, flinkOptions.jobManagerCpuLimitFactor);
  const memoryFactor = limitFactor(config, flinkOptions.jobManagerMemoryLimitFactor);
  return {
    ...fromTemplate,
    requests: { ...asRecord(fromTemplate.requests), ...amounts(cpu, memory) },
    limits: {
      ...asRecord(fromTemplate.limits),
      ...amounts(cpu * cpuFactor, Math.trunc(memory * memoryFactor)),
    },
  };
}

const amounts = (cpu: number, mebibytes: number) => ({
  cpu: formatJavaDouble(cpu),
  memory: `${mebibytes}Mi`,
});

export function limitFactor(config: FlinkConfig, option: Option<number>): number {
  const factor = config.get(option);
  if (factor >= 1) return factor;
  throw new BuildError(option.key, `${option.key} should be greater or equal to 1, and is ${factor}`);
}
