import { BuildError } from "../../../config/buildError.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { formatJavaDouble } from "../../../config/values/javaDouble.ts";
import { formatMemorySize, maxMemorySize } from "../../../config/values/memorySize.ts";
import { networkOptions, taskManagerMemory, taskManagerMemoryOptions } from "../../build/memory/memory.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import { type EvaluatedMetrics, roundDecimal, type VertexId } from "../model/metrics.ts";
import { readOption, readTaskSlots } from "../model/readOption.ts";
import { type ConfigOverrides, noConfigOverrides, type ScalingSummary } from "../model/state.ts";
import type { Topology } from "../model/topology.ts";
import { networkMemory } from "./networkMemory.ts";

export interface TuningInput {
  readonly topology: Topology;
  readonly evaluated: EvaluatedMetrics;
  readonly summaries: ReadonlyMap<VertexId, ScalingSummary>;
  /** Memory of a TaskManager's process in bytes, which tuning never exceeds. Undefined: not known. */
  readonly processMemory: bigint | undefined;
  /** That of the user's spec, without overrides. */
  readonly config: FlinkConfig;
}

export interface Tuning {
  /** What to change. Nothing if tuning is switched off. */
  readonly changes: ConfigOverrides;
  /** The recommendation, also if tuning is switched off. */
  readonly events: readonly AutoscalerEvent[];
}

/** Flink's memory model that is calculated with, for all versions, as in the Java operator. */
const modelVersion = "v1_20";
const options = taskManagerMemoryOptions;
const network = networkOptions(modelVersion);

/** Sizes that would contradict the new total. */
const removals = [options.flink, options.managed, options.taskHeap].flatMap(({ key, deprecatedKeys }) => [
  key,
  ...deprecatedKeys,
]);

/** The options that tuning sets. */
const tuned: readonly string[] = [
  options.process,
  options.frameworkHeap,
  options.managedFraction,
  network.min,
  network.max,
  options.jvmMetaspace,
  options.jvmOverhead.fraction,
].map(({ key }) => key);

/** The changes of tuning in a deployed spec. Undefined: it was not tuned. */
export function changesIn(
  configuration: Readonly<Record<string, unknown>> | undefined,
): ConfigOverrides | undefined {
  const overrides = tuned.map((key) => [key, configuration?.[key]] as const);
  const isTuned = overrides.every((entry): entry is [string, string] => typeof entry[1] === "string");
  return isTuned ? { overrides: new Map(overrides), removals } : undefined;
}

/**
 * Fits the memory of TaskManagers to what the job was seen to use (AUTOSCALER 8). Network memory comes first, because the job
 * does not start without it, and managed memory last, because it takes all it gets. Without a valid memory
 * configuration nothing is tuned.
 */
export function tuneMemory(input: TuningInput): Tuning {
  const { config } = input;
  const nothing = { changes: noConfigOverrides, events: [] };
  const spec = memoryOfSpec(config);
  if (spec === undefined || input.processMemory === undefined || input.processMemory <= 0n) return nothing;
  const budget = budgetOf(input.processMemory);
  const { flink, jvmOverhead } = spec;
  budget.take(flink.frameworkOffHeap);
  budget.take(flink.taskOffHeap);
  budget.take(jvmOverhead);
  const buffers = budget.take(networkMemory(input.topology, newParallelism(input), config));
  const metaspace = budget.take(withReserve("METASPACE_MEMORY_USED", input));
  const usedHeap = budget.take(withReserve("HEAP_MEMORY_USED", input));
  const managed = budget.take(managedMemory(flink.managed, input));
  const heap = usedHeap + budget.take(heapCompensation(usedHeap, input));
  const total = input.processMemory - budget.left();
  if (total <= 0n) return nothing;
  const specFlink = Object.values(flink).reduce((sum, part) => sum + part, 0n);
  const newFlink =
    specFlink +
    (heap - flink.frameworkHeap - flink.taskHeap) +
    (managed - flink.managed) +
    (buffers - flink.network);
  const overrides = new Map([
    [options.process.key, formatMemorySize(total)],
    [options.frameworkHeap.key, formatMemorySize(0n)],
    [options.managedFraction.key, fraction(managed, newFlink)],
    [network.min.key, formatMemorySize(buffers)],
    [network.max.key, formatMemorySize(buffers)],
    [options.jvmMetaspace.key, formatMemorySize(metaspace)],
    [options.jvmOverhead.fraction.key, fraction(jvmOverhead, total)],
  ]);
  const isEnabled = readOption(config, autoscalerOptions.memoryTuningEnabled);
  const changes = { overrides, removals };
  return {
    changes: isEnabled ? changes : noConfigOverrides,
    events: [recommendation(changes, isEnabled, config)],
  };
}

/** Undefined: Flink would refuse it. */
function memoryOfSpec(config: FlinkConfig): ReturnType<typeof taskManagerMemory> | undefined {
  try {
    return taskManagerMemory(config, modelVersion);
  } catch (error) {
    if (error instanceof BuildError) return undefined;
    throw error;
  }
}

/** Hands out memory until there is none left. */
function budgetOf(bytes: bigint): { take(bytes: bigint): bigint; left(): bigint } {
  let left = bytes;
  return {
    take: (wanted) => {
      const before = left;
      left = wanted < before ? before - wanted : 0n;
      return before - left;
    },
    left: () => left,
  };
}

const newParallelism =
  ({ topology, summaries }: TuningInput) =>
  (vertex: VertexId): number =>
    summaries.get(vertex)?.newParallelism ?? topology.get(vertex)?.parallelism ?? 0;

type UsedMemory = "METASPACE_MEMORY_USED" | "HEAP_MEMORY_USED" | "MANAGED_MEMORY_USED";

/** The mean over the window in whole bytes. Not known: 0. */
function used(metric: UsedMemory, { evaluated }: TuningInput): number {
  const mean = evaluated.global[metric]?.average ?? Number.NaN;
  return Number.isFinite(mean) ? Math.trunc(mean) : 0;
}

const withReserve = (metric: UsedMemory, input: TuningInput): bigint =>
  BigInt(
    Math.trunc(used(metric, input) * (1 + readOption(input.config, autoscalerOptions.memoryTuningOverhead))),
  );

/** Flink cannot tell how much of it a state backend uses: it is needed as a whole, or not at all. */
function managedMemory(configured: bigint, input: TuningInput): bigint {
  if (used("MANAGED_MEMORY_USED", input) <= 0) return 0n;
  return readOption(input.config, autoscalerOptions.memoryTuningMaximizeManagedMemory)
    ? maxMemorySize
    : configured;
}

/** What fewer TaskManagers need more than before, so that the heap of all together stays the same. */
function heapCompensation(heap: bigint, input: TuningInput): bigint {
  const { config } = input;
  if (!readOption(config, autoscalerOptions.memoryTuningScaleDownCompensationEnabled)) return 0n;
  const slots = Math.trunc(input.evaluated.global.NUM_TASK_SLOTS_USED?.current ?? 0) || 0;
  const perTaskManager = readTaskSlots(config);
  const before = Math.ceil(slots / perTaskManager);
  const after = Math.ceil(slotsAfter(slots, input) / perTaskManager);
  if (before <= 0 || after <= 0) return 0n;
  return BigInt(Math.trunc(Math.max(1, before / after) * Number(heap))) - heap;
}

/** Where the job used as many slots as its widest vertex has subtasks, they share slots. */
function slotsAfter(slotsBefore: number, input: TuningInput): number {
  const vertices = [...input.topology.values()];
  const after = vertices.map(({ id }) => newParallelism(input)(id));
  return Math.max(...vertices.map(({ parallelism }) => parallelism)) === slotsBefore
    ? Math.max(...after)
    : after.reduce((sum, parallelism) => sum + parallelism, 0);
}

/** Rounded up to three decimals. */
const fraction = (part: bigint, whole: bigint): string =>
  formatJavaDouble(whole === 0n ? 0 : roundDecimal(Number(part) / Number(whole), 3, "up"));

function recommendation(changes: ConfigOverrides, isEnabled: boolean, config: FlinkConfig): AutoscalerEvent {
  const lines = [...changes.overrides].map(([key, value]) => `${key}: ${value}`);
  return {
    type: "Normal",
    reason: "Configuration recommendation",
    message: [
      `Memory tuning recommends the following configuration (automatic tuning is ${isEnabled ? "enabled" : "disabled"}):`,
      ...lines,
      `Remove the following config entries if present: [${changes.removals.join(", ")}]`,
    ].join("\n"),
    key: "MemoryTuning",
    intervalMs: readOption(config, autoscalerOptions.scalingEventInterval),
  };
}

/** The process memory that a configuration sets. Undefined: it does not. */
export const processMemoryOf = (config: FlinkConfig): bigint | undefined =>
  readOption(config, options.process);
