import { redactSecrets } from "../../../api/redact.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { ownAutoscalerOptions } from "../../../config/operatorOptions/ownAutoscaler.ts";
import { type Option, optionKeys } from "../../../config/option.ts";
import type { VertexId } from "../model/metrics.ts";
import type { Topology, Vertex } from "../model/topology.ts";

/**
 * What a decision needs beside the samples, kept with them so that it can be made again with other options: the job's graph, the
 * options of the autoscaler, the size of a TaskManager. An entry of its own, which the Java operator leaves alone. Without secrets:
 * names may have parts of SQL.
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

const NAME_CHARACTERS = 80;
/** Of what is longer only so much is looked at. */
const LOOKED_AT_CHARACTERS = 400;

const shortName = (name: string | undefined): string | undefined =>
  name === undefined
    ? undefined
    : redactSecrets(name.slice(0, LOOKED_AT_CHARACTERS)).slice(0, NAME_CHARACTERS);

/** As one text: equal texts are equal jobs. Undefined: the job is too large. */
export function formatRecordedJob(
  topology: Topology,
  config: FlinkConfig,
  { taskManagerCpu, taskManagerMemory }: Pick<RecordedJob, "taskManagerCpu" | "taskManagerMemory">,
): string | undefined {
  if (topology.size > MAX_VERTICES) return undefined;
  const options = recordedKeys.flatMap((key) => {
    const text = config.entries.get(key);
    return text === undefined ? [] : [[key, redactSecrets(text)] as const];
  });
  return JSON.stringify({
    vertices: [...topology.values()].map(
      ({ id, name, parallelism, maxParallelism, inputs, isFinished, partitions, slotSharingGroup }) => ({
        id,
        name: shortName(name),
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
    const record = fieldsOf(JSON.parse(text));
    const vertices = itemsOf(record.vertices).map(vertexOf);
    const topology = new Map<VertexId, Vertex>();
    for (const vertex of vertices) {
      if ([...vertex.inputs.keys()].some((input) => !topology.has(input))) return undefined;
      topology.set(vertex.id, { ...vertex, outputs: outputsOf(vertex.id, vertices) });
    }
    const { taskManagerMemory } = record;
    return {
      topology,
      options: textsOf(record.options),
      taskManagerCpu: numberOf(record.taskManagerCpu),
      taskManagerMemory: taskManagerMemory === undefined ? undefined : BigInt(textOf(taskManagerMemory)),
    };
  } catch {
    return undefined;
  }
}

type RecordedVertex = Omit<Vertex, "outputs">;

function vertexOf(value: unknown): RecordedVertex {
  const { id, name, parallelism, maxParallelism, inputs, isFinished, partitions, slotSharingGroup } =
    fieldsOf(value);
  return {
    id: textOf(id),
    ...(name === undefined ? {} : { name: textOf(name) }),
    parallelism: numberOf(parallelism),
    maxParallelism: numberOf(maxParallelism),
    inputs: new Map(Object.entries(textsOf(inputs))),
    isFinished: booleanOf(isFinished),
    isStarting: false,
    partitions: numberOf(partitions),
    slotSharingGroup: slotSharingGroup === undefined ? undefined : textOf(slotSharingGroup),
    recordsIn: Number.NaN,
    recordsOut: Number.NaN,
    accumulatedBusyTime: Number.NaN,
  };
}

const outputsOf = (id: VertexId, vertices: readonly RecordedVertex[]): ReadonlyMap<VertexId, string> =>
  new Map(
    vertices.flatMap((other) => {
      const ship = other.inputs.get(id);
      return ship === undefined ? [] : [[other.id, ship] as const];
    }),
  );

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SyntaxError("no fields");
  return value as Readonly<Record<string, unknown>>;
}

function itemsOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new SyntaxError("no list");
  return value;
}

const textsOf = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fieldsOf(value)).map(([key, text]) => [key, textOf(text)]));

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new SyntaxError("no text");
  return value;
}

function numberOf(value: unknown): number {
  if (typeof value !== "number") throw new SyntaxError("no number");
  return value;
}

function booleanOf(value: unknown): boolean {
  if (typeof value !== "boolean") throw new SyntaxError("neither true nor false");
  return value;
}
