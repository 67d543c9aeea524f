import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { ownAutoscalerOptions } from "../../../config/operatorOptions/ownAutoscaler.ts";
import { type Option, optionKeys } from "../../../config/option.ts";
import type { Topology, Vertex } from "../model/topology.ts";

/**
 * What a decision needs beside the samples, kept with them so that it can be made again with other options: the job's graph, the
 * options of the autoscaler, the size of a TaskManager. An entry of its own, which the Java operator leaves alone.
 */
export interface RecordedJob {
  readonly topology: Topology;
  readonly options: Readonly<Record<string, string>>;
  readonly taskManagerCpu: number;
  readonly taskManagerMemory: bigint | undefined;
}

/** A larger job is not recorded: its ConfigMap has no room. */
const MAX_VERTICES = 500;

const recordedKeys: readonly string[] = [
  ...Object.values<Option<unknown>>({ ...autoscalerOptions, ...ownAutoscalerOptions }),
  flinkOptions.taskSlots as Option<unknown>,
].flatMap(optionKeys);

/** As one text: equal texts are equal jobs. Undefined: the job is too large. */
export function formatRecordedJob(
  topology: Topology,
  config: FlinkConfig,
  { taskManagerCpu, taskManagerMemory }: Pick<RecordedJob, "taskManagerCpu" | "taskManagerMemory">,
): string | undefined {
  if (topology.size > MAX_VERTICES) return undefined;
  const options = recordedKeys.flatMap((key) => {
    const text = config.entries.get(key);
    return text === undefined ? [] : [[key, text] as const];
  });
  return JSON.stringify({
    vertices: [...topology.values()].map(
      ({ id, name, parallelism, maxParallelism, inputs, isFinished, partitions, slotSharingGroup }) => ({
        id,
        name: name?.slice(0, 80),
        parallelism,
        maxParallelism,
        inputs: Object.fromEntries(inputs),
        isFinished,
        partitions,
        slotSharingGroup,
      }),
    ),
    options: Object.fromEntries(options),
    taskManagerCpu,
    taskManagerMemory: taskManagerMemory?.toString(),
  });
}

/** Undefined: the text is no such record. */
export function parseRecordedJob(text: string): RecordedJob | undefined {
  try {
    const { vertices, options, taskManagerCpu, taskManagerMemory } = JSON.parse(text);
    const inputsOf = (vertex: { inputs: Record<string, string> }) => new Map(Object.entries(vertex.inputs));
    const topology: [string, Vertex][] = vertices.map(
      (vertex: Vertex & { inputs: Record<string, string> }) => [
        vertex.id,
        {
          ...vertex,
          inputs: inputsOf(vertex),
          outputs: new Map(
            vertices.flatMap((other: { id: string; inputs: Record<string, string> }) =>
              vertex.id in other.inputs ? [[other.id, other.inputs[vertex.id]]] : [],
            ),
          ),
          slotSharingGroup: vertex.slotSharingGroup,
          recordsIn: Number.NaN,
          recordsOut: Number.NaN,
          accumulatedBusyTime: Number.NaN,
        },
      ],
    );
    return {
      topology: new Map(topology),
      options: { ...options },
      taskManagerCpu: Number(taskManagerCpu),
      taskManagerMemory: taskManagerMemory === undefined ? undefined : BigInt(taskManagerMemory),
    };
  } catch {
    return undefined;
  }
}
