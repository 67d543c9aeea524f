import { flinkConfig } from "../../../config/flinkConfig.ts";
import { flattenConfiguration } from "../../../config/values/configTree.ts";
import { parseMemorySize } from "../../../config/values/memorySize.ts";
import { parseQuantity, quantityToBytes } from "../../../config/values/quantity.ts";
import { ValueError } from "../../../config/values/valueError.ts";
import { processMemoryOf } from "./memoryTuning.ts";

interface Resources {
  readonly requests?: { readonly memory?: string };
  readonly limits?: { readonly memory?: string };
}

interface TaskManager {
  readonly resource?: { readonly memory?: string };
  readonly resources?: Resources;
}

/**
 * The spec with the memory of the TaskManagers' containers as `taskmanager.memory.process.size` of its flinkConfiguration says,
 * if it says anything. A limit above the request stays in proportion.
 */
export function withProcessMemory<
  Spec extends {
    readonly flinkConfiguration?: Readonly<Record<string, unknown>> | undefined;
    readonly taskManager?: object | undefined;
  },
>(spec: Spec): Spec {
  const bytes = processMemoryOf(flinkConfig(flattenConfiguration(spec.flinkConfiguration)));
  if (bytes === undefined) return spec;
  const taskManager = (spec.taskManager ?? {}) as TaskManager;
  if (taskManager.resources !== undefined) {
    const resources = withMemory(taskManager.resources, bytes);
    return resources === taskManager.resources
      ? spec
      : { ...spec, taskManager: { ...taskManager, resources } };
  }
  if (bytesOf(taskManager.resource?.memory) === bytes) return spec;
  const resource = { ...taskManager.resource, memory: String(bytes) };
  return { ...spec, taskManager: { ...taskManager, resource } };
}

function withMemory(resources: Resources, bytes: bigint): Resources {
  const request = bytesOf(resources.requests?.memory);
  const limit = bytesOf(resources.limits?.memory);
  const before = request ?? limit;
  if (before === bytes) return resources;
  if (before === undefined)
    return { ...resources, requests: { ...resources.requests, memory: String(bytes) } };
  const newLimit =
    limit === undefined ? undefined : Math.round(Number(limit) * (Number(bytes) / Number(before)));
  return {
    ...resources,
    ...(request === undefined ? {} : { requests: { ...resources.requests, memory: String(bytes) } }),
    ...(newLimit === undefined ? {} : { limits: { ...resources.limits, memory: String(newLimit) } }),
  };
}

/** Of a quantity of Kubernetes, or of a memory size of Flink, as the spec accepts both. */
function bytesOf(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  for (const parse of [parseMemorySize, (each: string) => quantityToBytes(parseQuantity(each))]) {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
    }
  }
  return undefined;
}
