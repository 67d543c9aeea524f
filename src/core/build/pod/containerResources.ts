import { BuildError } from "../../../config/buildError.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import type { Option } from "../../../config/option.ts";
import { formatJavaDouble } from "../../../config/values/javaDouble.ts";
import type { FlinkCluster } from "../flinkCluster.ts";
import { asRecord, type JsonObject } from "../json.ts";
import { mebibytes } from "../memory/memory.ts";
import type { PodRole } from "./podRole.ts";

/** CPU and memory of the container that runs Flink. Other resources of the template stay. */
export function containerResources(
  fromTemplate: JsonObject,
  cluster: FlinkCluster,
  role: PodRole,
): JsonObject {
  const { config } = cluster;
  const cpu = role.cpu(config);
  const memory = mebibytes(role.memory(cluster));
  const cpuFactor = limitFactor(config, role.cpuLimitFactor);
  const memoryFactor = limitFactor(config, role.memoryLimitFactor);
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
