import { formatMap, parseMap } from "../../../config/values/structured.ts";
import { ValueError } from "../../../config/values/valueError.ts";
import {
  type EvaluatedValues,
  type MetricName,
  type MetricValues,
  metricNames,
  type Sample,
  type SampleHistory,
  type VertexId,
} from "../model/metrics.ts";
import type {
  ConfigOverrides,
  DelayedScaleDown,
  ParallelismOverrides,
  ScalingHistory,
  ScalingTracking,
} from "../model/state.ts";
import { formatUndo, parseUndo, type UndoState } from "../undo/undoState.ts";
import { compressText, decompressText } from "./compressedText.ts";
import * as yaml from "./yaml.ts";

/** How a value is written into the ConfigMap `autoscaler-<name>`, and read from it (AUTOSCALER 9). */
export interface Codec<Value> {
  encode(value: Value): string;
  /** As the standalone autoscaler stores it in a database (AUTOSCALER 10). `decode` reads it, too. */
  encodeJson(value: Value): string;
  /** Throws for a text that the Java operator would drop. */
  decode(text: string): Value;
}

export interface StateValues {
  readonly scalingHistory: ScalingHistory;
  readonly scalingTracking: ScalingTracking;
  readonly collectedMetrics: SampleHistory;
  readonly parallelismOverrides: ParallelismOverrides;
  readonly configOverrides: ConfigOverrides;
  readonly delayedScaleDown: DelayedScaleDown;
  /** Of this operator alone: see recordedJob.ts. */
  readonly recordedJob: string;
  /** Of this operator alone. */
  readonly undo: UndoState;
}

export type StateKey = keyof StateValues;

const compressed = <Value>(
  toNode: (value: Value) => ReadonlyMap<string, yaml.Node>,
  fromYaml: (read: yaml.Read) => Value,
): Codec<Value> => ({
  encode: (value) => compressText(yaml.formatYaml(toNode(value))),
  encodeJson: (value) => yaml.formatJson(toNode(value)),
  decode: (text) => fromYaml(yaml.parseYaml(decompressText(text))),
});

const plain = <Value>(
  toNode: (value: Value) => ReadonlyMap<string, yaml.Node>,
  fromYaml: (read: yaml.Read) => Value,
): Codec<Value> => ({
  encode: (value) => yaml.formatYaml(toNode(value)),
  encodeJson: (value) => yaml.formatJson(toNode(value)),
  decode: (text) => fromYaml(yaml.parseYaml(text)),
});

const mapNode = <Key, Value>(
  map: ReadonlyMap<Key, Value>,
  keyOf: (key: Key) => string,
  nodeOf: (value: Value) => yaml.Node,
): ReadonlyMap<string, yaml.Node> => new Map([...map].map(([key, value]) => [keyOf(key), nodeOf(value)]));

const same = (key: string): string => key;

const fields = (entries: Readonly<Record<string, yaml.Node>>): ReadonlyMap<string, yaml.Node> =>
  new Map(Object.entries(entries));

/** By instant, oldest first. */
const byInstant = <Value>(
  mapping: yaml.Read | undefined,
  read: (value: yaml.Read) => Value,
): ReadonlyMap<number, Value> =>
  new Map(
    yaml
      .entriesOf(mapping)
      .map(([key, value]) => [yaml.instantOf(key), read(value)] as const)
      .sort(([a], [b]) => a - b),
  );

const byVertex = <Value>(
  mapping: yaml.Read | undefined,
  read: (value: yaml.Read) => Value,
): ReadonlyMap<VertexId, Value> =>
  new Map(
    yaml.entriesOf(mapping).map(([key, value]) => {
      if (!/^[0-9a-fA-F]{32}$/.test(key)) throw new ValueError(`"${key}" is not a vertex id`);
      return [key, read(value)] as const;
    }),
  );

function metricEntries<Value>(
  mapping: yaml.Read | undefined,
  read: (value: yaml.Read) => Value,
): { readonly [Name in MetricName]?: Value } {
  const entries = yaml.entriesOf(mapping, metricNames).map(([name, value]) => [name, read(value)]);
  return Object.fromEntries(entries);
}

const valuesNode = (values: MetricValues): ReadonlyMap<string, yaml.Node> =>
  mapNode(new Map(Object.entries(values)), same, yaml.number);

const evaluatedNode = (values: EvaluatedValues): ReadonlyMap<string, yaml.Node> =>
  mapNode(new Map(Object.entries(values)), same, ({ current, average }) =>
    fields({ current: yaml.number(current), average: yaml.number(average) }),
  );

const sampleOf = (read: yaml.Read): Sample => {
  yaml.entriesOf(read, ["vertexMetrics", "globalMetrics"]);
  return {
    vertices: byVertex(yaml.fieldOf(read, "vertexMetrics"), (each) => metricEntries(each, yaml.numberOf)),
    global: metricEntries(yaml.fieldOf(read, "globalMetrics"), yaml.numberOf),
  };
};

const summaryOf = (read: yaml.Read) => {
  yaml.entriesOf(read, ["currentParallelism", "newParallelism", "metrics"]);
  return {
    currentParallelism: yaml.integerOf(yaml.fieldOf(read, "currentParallelism")),
    newParallelism: yaml.integerOf(yaml.fieldOf(read, "newParallelism")),
    metrics: metricEntries(yaml.fieldOf(read, "metrics"), (each) => {
      yaml.entriesOf(each, ["current", "average"]);
      return {
        current: yaml.numberOf(yaml.fieldOf(each, "current")),
        average: yaml.numberOf(yaml.fieldOf(each, "average")),
      };
    }),
  };
};

const delayedOf = (read: yaml.Read) => {
  yaml.entriesOf(read, ["firstTriggerTime", "recommendedParallelisms"]);
  return {
    firstAt: yaml.millisecondsOf(yaml.fieldOf(read, "firstTriggerTime")),
    recommendations: yaml.itemsOf(yaml.fieldOf(read, "recommendedParallelisms")).map((each) => {
      yaml.entriesOf(each, ["triggerTime", "parallelism", "outsideUtilizationBound"]);
      return {
        at: yaml.millisecondsOf(yaml.fieldOf(each, "triggerTime")),
        parallelism: yaml.integerOf(yaml.fieldOf(each, "parallelism")),
        isOutsideBound: yaml.booleanOf(yaml.fieldOf(each, "outsideUtilizationBound")),
      };
    }),
  };
};

function formatOverrides(overrides: ParallelismOverrides): string {
  return formatMap(new Map([...overrides].map(([vertex, parallelism]) => [vertex, String(parallelism)])));
}

export const codecs: { readonly [Key in StateKey]: Codec<StateValues[Key]> } = {
  scalingHistory: compressed(
    (history) =>
      mapNode(history, same, (summaries) =>
        mapNode(summaries, yaml.instantKey, ({ currentParallelism, newParallelism, metrics }) =>
          fields({
            currentParallelism: yaml.integer(currentParallelism),
            newParallelism: yaml.integer(newParallelism),
            metrics: evaluatedNode(metrics),
          }),
        ),
      ),
    (read) => byVertex(read, (summaries) => byInstant(summaries, summaryOf)),
  ),
  scalingTracking: compressed(
    (tracking) =>
      fields({
        scalingRecords: mapNode(tracking, yaml.instantKey, ({ restartMs }) =>
          fields(restartMs === undefined ? {} : { restartDuration: yaml.seconds(restartMs) }),
        ),
      }),
    (read) => {
      yaml.entriesOf(read, ["scalingRecords"]);
      return byInstant(yaml.fieldOf(read, "scalingRecords"), (record) => {
        yaml.entriesOf(record, ["restartDuration"]);
        const duration = yaml.fieldOf(record, "restartDuration");
        return { restartMs: duration === undefined ? undefined : yaml.millisecondsOf(duration) };
      });
    },
  ),
  collectedMetrics: compressed(
    (history) =>
      mapNode(history, yaml.instantKey, ({ vertices, global }) =>
        fields({ vertexMetrics: mapNode(vertices, same, valuesNode), globalMetrics: valuesNode(global) }),
      ),
    (read) => byInstant(read, sampleOf),
  ),
  parallelismOverrides: {
    encode: formatOverrides,
    encodeJson: formatOverrides,
    decode: (text) =>
      new Map([...parseMap(text)].map(([vertex, parallelism]) => [vertex, yaml.integerOf(parallelism)])),
  },
  configOverrides: plain(
    ({ overrides, removals }) =>
      fields({ overrides: mapNode(overrides, same, yaml.string), removals: removals.map(yaml.string) }),
    (read) => {
      yaml.entriesOf(read, ["overrides", "removals"]);
      return {
        overrides: new Map(
          yaml.entriesOf(yaml.fieldOf(read, "overrides")).map(([key, value]) => [key, yaml.textOf(value)]),
        ),
        removals: yaml.itemsOf(yaml.fieldOf(read, "removals")).map(yaml.textOf),
      };
    },
  ),
  delayedScaleDown: plain(
    (delayed) =>
      fields({
        delayedVertices: mapNode(delayed, same, ({ firstAt, recommendations }) =>
          fields({
            firstTriggerTime: yaml.seconds(firstAt),
            recommendedParallelisms: recommendations.map(({ at, parallelism, isOutsideBound }) =>
              fields({
                triggerTime: yaml.seconds(at),
                parallelism: yaml.integer(parallelism),
                outsideUtilizationBound: yaml.boolean(isOutsideBound),
              }),
            ),
          }),
        ),
      }),
    (read) => {
      yaml.entriesOf(read, ["delayedVertices"]);
      return byVertex(yaml.fieldOf(read, "delayedVertices"), delayedOf);
    },
  ),
  recordedJob: { encode: compressText, encodeJson: compressText, decode: decompressText },
  undo: { encode: formatUndo, encodeJson: formatUndo, decode: parseUndo },
};
