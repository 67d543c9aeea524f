import { BuildError } from "../../../config/buildError.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import type { Option } from "../../../config/option.ts";
import { describeMemorySize } from "../../../config/values/memorySize.ts";
import {
  fractionOf,
  fractionOfRest,
  type MemoryRange,
  type MemoryRangeOptions,
  readMemoryRange,
  requireWithin,
} from "./memoryRange.ts";

/** The common part of Flink's process memory model for JobManager and TaskManager (NATIVE 7). Sizes in bytes. */
export interface ProcessMemory<FlinkMemory> {
  readonly flink: FlinkMemory;
  readonly jvmMetaspace: bigint;
  readonly jvmOverhead: bigint;
  /** The total process memory, which the container requests from Kubernetes. */
  readonly process: bigint;
}

/** The memory model of one process. */
export interface MemoryModel<FlinkMemory> {
  readonly process: "JobManager" | "TaskManager";
  readonly options: {
    readonly process: Option<bigint | undefined>;
    readonly flink: Option<bigint | undefined>;
    readonly jvmMetaspace: Option<bigint>;
    readonly jvmOverhead: MemoryRangeOptions;
  };
  /** The parts that together determine how much memory Flink needs. */
  readonly fineGrained: readonly Option<bigint | undefined>[];
  fromFineGrained(config: FlinkConfig): FlinkMemory;
  fromTotal(config: FlinkConfig, total: bigint): FlinkMemory;
  totalOf(memory: FlinkMemory): bigint;
}

type Declaration = Pick<MemoryModel<unknown>, "process" | "options" | "fineGrained">;

/** Uses, in this order: the fine-grained parts, the Flink memory, the process memory. Throws BuildError. */
export function deriveProcessMemory<FlinkMemory>(
  config: FlinkConfig,
  model: MemoryModel<FlinkMemory>,
): ProcessMemory<FlinkMemory> {
  try {
    if (model.fineGrained.every((option) => config.isSet(option))) {
      return aroundFlink(config, model, model.fromFineGrained(config));
    }
    const flink = config.get(model.options.flink);
    if (flink !== undefined) return aroundFlink(config, model, model.fromTotal(config, flink));
    const process = config.get(model.options.process);
    if (process !== undefined) return withinProcess(config, model, process);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    throw failed(model, error.message, error);
  }
  throw failed(model, notConfigured(model));
}

const failed = (model: Declaration, message: string, cause?: BuildError): BuildError =>
  new BuildError(
    cause?.field ?? model.options.process.key,
    `${model.process} memory configuration failed: ${message}`,
    { cause },
  );

function notConfigured({ options, fineGrained, process }: Declaration): string {
  const parts = fineGrained.map(({ key }) => key).join(" and ");
  const field = process === "JobManager" ? "spec.jobManager" : "spec.taskManager";
  return (
    `${field}.resources.requests.memory or one of ${options.process.key}, ${options.flink.key} and ${parts} ` +
    "needs to be configured explicitly"
  );
}

function withinProcess<FlinkMemory>(
  config: FlinkConfig,
  model: MemoryModel<FlinkMemory>,
  process: bigint,
): ProcessMemory<FlinkMemory> {
  const jvmMetaspace = config.get(model.options.jvmMetaspace);
  const jvmOverhead = fractionOf(process, overheadOf(config, model));
  if (jvmMetaspace + jvmOverhead > process) {
    throw new BuildError(
      model.options.process.key,
      `Sum of configured JVM Metaspace (${describeMemorySize(jvmMetaspace)}) and JVM Overhead (${describeMemorySize(jvmOverhead)}) exceed configured Total Process Memory (${describeMemorySize(process)}).`,
    );
  }
  const flink = model.fromTotal(config, process - jvmMetaspace - jvmOverhead);
  return { flink, jvmMetaspace, jvmOverhead, process };
}

function aroundFlink<FlinkMemory>(
  config: FlinkConfig,
  model: MemoryModel<FlinkMemory>,
  flink: FlinkMemory,
): ProcessMemory<FlinkMemory> {
  const jvmMetaspace = config.get(model.options.jvmMetaspace);
  const rest = model.totalOf(flink) + jvmMetaspace;
  const overhead = overheadOf(config, model);
  const process = config.get(model.options.process);
  if (process === undefined) {
    const jvmOverhead = fractionOfRest(rest, overhead);
    return { flink, jvmMetaspace, jvmOverhead, process: rest + jvmOverhead };
  }
  if (rest > process) {
    throw new BuildError(
      model.options.process.key,
      `Sum of Total Flink Memory (${describeMemorySize(model.totalOf(flink))}) and JVM Metaspace (${describeMemorySize(jvmMetaspace)}) exceed configured Total Process Memory (${describeMemorySize(process)}).`,
    );
  }
  requireWithin(overhead, process - rest, model.options.process.key, "Total Process Memory");
  return { flink, jvmMetaspace, jvmOverhead: process - rest, process };
}

const overheadOf = (config: FlinkConfig, { options }: Declaration): MemoryRange =>
  readMemoryRange(config, options.jvmOverhead);
