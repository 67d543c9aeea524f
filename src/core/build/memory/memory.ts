import { type FlinkVersion, isAtLeast } from "../../../api/v1beta1/flinkdeployment.ts";
import { BuildError } from "../../../config/buildError.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { declare, float } from "../../../config/option.ts";
import { describeMemorySize } from "../../../config/values/memorySize.ts";
import {
  fractionOf,
  fractionOfRest,
  memoryOption,
  memoryOptionWithDefault,
  memoryRangeOptions,
  multiply,
  readMemoryRange,
  requireWithin,
} from "./memoryRange.ts";
import { deriveProcessMemory, type MemoryModel, type ProcessMemory } from "./processMemory.ts";

/**
 * Flink's memory model of its two processes (NATIVE 7): which sizes are configured and what follows for the others.
 * The containers' memory is the process size. The rest is computed to reject early what Flink itself would reject in
 * the container. Sizes in bytes.
 */

export interface JobManagerMemory {
  readonly heap: bigint;
  readonly offHeap: bigint;
}

export interface TaskManagerMemory {
  readonly frameworkHeap: bigint;
  readonly frameworkOffHeap: bigint;
  readonly taskHeap: bigint;
  readonly taskOffHeap: bigint;
  readonly network: bigint;
  readonly managed: bigint;
}

const overheadDefaults = { min: "192m", max: "1g", fraction: "0.1" };

const jobManager = {
  process: memoryOption("jobmanager.memory.process.size", "All memory of the JobManager's process."),
  flink: memoryOption("jobmanager.memory.flink.size", "Memory of the JobManager without what the JVM needs."),
  heap: memoryOption("jobmanager.memory.heap.size", "Heap of the JobManager."),
  offHeap: memoryOptionWithDefault("jobmanager.memory.off-heap.size", "128m", "Its memory outside the heap."),
  jvmMetaspace: memoryOptionWithDefault("jobmanager.memory.jvm-metaspace.size", "256m", "For classes."),
  jvmOverhead: memoryRangeOptions("JVM Overhead", "jobmanager.memory.jvm-overhead", overheadDefaults),
};

const jobManagerModel: MemoryModel<JobManagerMemory> = {
  process: "JobManager",
  options: jobManager,
  fineGrained: [jobManager.heap],
  fromFineGrained: (config) => {
    const heap = config.get(jobManager.heap) ?? 0n;
    const flink = config.get(jobManager.flink) ?? heap + config.get(jobManager.offHeap);
    if (heap > flink)
      throw exceeds(jobManager.heap.key, "JVM Heap Memory", heap, "Total Flink Memory", flink);
    return { heap, offHeap: flink - heap };
  },
  fromTotal: (config, total) => {
    const offHeap = config.get(jobManager.offHeap);
    if (offHeap > total)
      throw exceeds(jobManager.offHeap.key, "Off-heap Memory", offHeap, "Total Flink Memory", total);
    return { heap: total - offHeap, offHeap };
  },
  totalOf: ({ heap, offHeap }) => heap + offHeap,
};

const option = declare("flink");

const taskManager = {
  process: memoryOption("taskmanager.memory.process.size", "All memory of a TaskManager's process."),
  flink: memoryOption("taskmanager.memory.flink.size", "Memory of a TaskManager without what the JVM needs."),
  taskHeap: memoryOption("taskmanager.memory.task.heap.size", "Heap for tasks."),
  taskOffHeap: memoryOptionWithDefault(
    "taskmanager.memory.task.off-heap.size",
    "0",
    "For tasks outside the heap.",
  ),
  frameworkHeap: memoryOptionWithDefault(
    "taskmanager.memory.framework.heap.size",
    "128m",
    "Heap for Flink itself.",
  ),
  frameworkOffHeap: memoryOptionWithDefault(
    "taskmanager.memory.framework.off-heap.size",
    "128m",
    "For Flink itself outside the heap.",
  ),
  managed: memoryOption("taskmanager.memory.managed.size", "For state backends, sorting and Python.", [
    "taskmanager.memory.size",
  ]),
  managedFraction: option(
    "taskmanager.memory.managed.fraction",
    float,
    "The same as a fraction of Flink's.",
    {
      default: "0.4",
    },
  ),
  jvmMetaspace: memoryOptionWithDefault("taskmanager.memory.jvm-metaspace.size", "256m", "For classes."),
  jvmOverhead: memoryRangeOptions("JVM Overhead", "taskmanager.memory.jvm-overhead", overheadDefaults),
};

/** The options of the TaskManagers' memory, for what sets them. */
export const taskManagerMemoryOptions = taskManager;

/** Unlimited since Flink 1.17. */
export const networkOptions = (version: FlinkVersion) =>
  memoryRangeOptions(
    "Network Memory",
    "taskmanager.memory.network",
    { min: "64m", max: isAtLeast(version, "v1_17") ? "9223372036854775807" : "1g", fraction: "0.1" },
    "taskmanager.network.memory",
  );

const taskManagerModel = (version: FlinkVersion): MemoryModel<TaskManagerMemory> => ({
  process: "TaskManager",
  options: taskManager,
  fineGrained: [taskManager.taskHeap, taskManager.managed],
  fromFineGrained: (config) => {
    const parts = { ...fixedParts(config), managed: config.get(taskManager.managed) ?? 0n };
    const flink = config.get(taskManager.flink);
    return flink === undefined
      ? { ...parts, network: fractionOfRest(sum(parts), readMemoryRange(config, networkOptions(version))) }
      : withNetworkRest(config, version, parts, flink);
  },
  fromTotal: (config, total) => {
    const managed =
      config.get(taskManager.managed) ?? multiply(total, config.get(taskManager.managedFraction));
    const parts = { ...fixedParts(config), managed };
    if (config.isSet(taskManager.taskHeap)) return withNetworkRest(config, version, parts, total);
    const network = fractionOf(total, readMemoryRange(config, networkOptions(version)));
    const rest = total - sum(parts) - network;
    if (rest < 0n) throw tooLittle({ ...parts, network }, total);
    return { ...parts, network, taskHeap: rest };
  },
  totalOf: sum,
});

const fixedParts = (config: FlinkConfig) => ({
  frameworkHeap: config.get(taskManager.frameworkHeap),
  frameworkOffHeap: config.get(taskManager.frameworkOffHeap),
  taskHeap: config.get(taskManager.taskHeap) ?? 0n,
  taskOffHeap: config.get(taskManager.taskOffHeap),
});

type Parts = Partial<TaskManagerMemory>;

function sum(parts: Parts): bigint {
  return Object.values(parts).reduce((total, part) => total + part, 0n);
}

function withNetworkRest(
  config: FlinkConfig,
  version: FlinkVersion,
  parts: Omit<TaskManagerMemory, "network">,
  total: bigint,
): TaskManagerMemory {
  const network = total - sum(parts);
  if (network < 0n) throw tooLittle(parts, total);
  const range = readMemoryRange(config, networkOptions(version));
  requireWithin(range, network, taskManager.flink.key, "Total Flink Memory");
  return { ...parts, network };
}

const partNames: readonly (readonly [keyof TaskManagerMemory, string])[] = [
  ["frameworkHeap", "Framework Heap Memory"],
  ["frameworkOffHeap", "Framework Off-Heap Memory"],
  ["taskHeap", "Task Heap Memory"],
  ["taskOffHeap", "Task Off-Heap Memory"],
  ["managed", "Managed Memory"],
  ["network", "Network Memory"],
];

function tooLittle(parts: Parts, total: bigint): BuildError {
  const named = partNames.flatMap(([part, name]) => {
    const bytes = parts[part];
    return bytes === undefined || bytes === 0n ? [] : [`${name} (${describeMemorySize(bytes)})`];
  });
  return new BuildError(
    taskManager.process.key,
    `Sum of configured ${named.slice(0, -1).join(", ")} and ${named.at(-1)} exceed configured Total Flink Memory (${describeMemorySize(total)}).`,
  );
}

const exceeds = (field: string, part: string, bytes: bigint, whole: string, total: bigint): BuildError =>
  new BuildError(
    field,
    `${part} (${describeMemorySize(bytes)}) exceeds ${whole} (${describeMemorySize(total)}).`,
  );

/** Up to 1.20 Flink also accepts the legacy heap options, in containers as the size of the process. */
function withLegacyHeap(config: FlinkConfig, version: FlinkVersion, process: "jobmanager" | "taskmanager") {
  const processKey = `${process}.memory.process.size`;
  const newKeys = ["process.size", "flink.size"].map((part) =>
    config.entries.has(`${process}.memory.${part}`),
  );
  const megabytes = config.entries.get(`${process}.heap.mb`);
  const legacy =
    config.entries.get(`${process}.heap.size`) ?? (megabytes === undefined ? undefined : `${megabytes}m`);
  return isAtLeast(version, "v2_0") || newKeys.includes(true) || legacy === undefined
    ? config
    : config.with({ [processKey]: legacy });
}

/** Throws BuildError with Flink's own message. */
export const jobManagerMemory = (
  config: FlinkConfig,
  version: FlinkVersion,
): ProcessMemory<JobManagerMemory> =>
  deriveProcessMemory(withLegacyHeap(config, version, "jobmanager"), jobManagerModel);

/** Throws BuildError with Flink's own message. */
export const taskManagerMemory = (
  config: FlinkConfig,
  version: FlinkVersion,
): ProcessMemory<TaskManagerMemory> =>
  deriveProcessMemory(withLegacyHeap(config, version, "taskmanager"), taskManagerModel(version));

const mebibyte = 1n << 20n;

/** The amount in the resource request: whole mebibytes, rounded down. */
export const mebibytes = (bytes: bigint): number => Number(bytes / mebibyte);
