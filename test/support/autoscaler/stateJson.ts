import { parseMap } from "../../../src/config/values/structured.ts";
import { decompressText } from "../../../src/core/autoscaler/state/compressedText.ts";
import { parseYaml, type Read } from "../../../src/core/autoscaler/state/yaml.ts";
import type { Json } from "./recording.ts";

/** The data of an `autoscaler-<name>` ConfigMap as the recordings show it. */
export function stateToJson(data: Readonly<Record<string, string>>): Json {
  // Entries of this operator alone (autoscaler.golden.test.ts, deliberate differences).
  const {
    recordedJob: _,
    undo: __,
    collectedMetrics,
    configOverrides,
    parallelismOverrides,
    ...others
  } = data;
  return recordedState({
    ...Object.fromEntries(Object.entries(others).map(([key, text]) => [key, toJson(readText(text))])),
    ...(configOverrides === undefined ? {} : { configOverrides: readText(configOverrides) }),
    ...(parallelismOverrides === undefined ? {} : { parallelismOverrides }),
    ...(collectedMetrics === undefined ? {} : { collectedMetricsKeys: keysOf(readText(collectedMetrics)) }),
  });
}

/** What cannot be read is the text that it is. */
function orText<Value>(text: string, read: (text: string) => Value): Value | string {
  try {
    return read(text);
  } catch {
    return text;
  }
}

export const mapOf = (text: string): Json => orText(text, (each) => Object.fromEntries(parseMap(each)));

/** A state without what is only order: the text of a map, and a list that is a set. */
export function recordedState(state: Json): Json {
  const { parallelismOverrides, configOverrides, scalingTracking, ...others } = state;
  return {
    ...others,
    ...(parallelismOverrides === undefined
      ? {}
      : {
          parallelismOverrides:
            typeof parallelismOverrides === "string" ? mapOf(parallelismOverrides) : parallelismOverrides,
        }),
    ...(configOverrides === undefined ? {} : { configOverrides: withSortedRemovals(configOverrides) }),
    ...(scalingTracking === undefined ? {} : { scalingTracking: withoutUnknownDurations(scalingTracking) }),
  };
}

const withSortedRemovals = (changes: Json): Json =>
  Array.isArray(changes?.removals) ? { ...changes, removals: [...changes.removals].sort() } : changes;

/** The store in memory shows one that is not known yet as null. */
const withoutUnknownDurations = (tracking: Json): Json =>
  JSON.parse(JSON.stringify(tracking), (name, value) =>
    name === "restartDuration" && value === null ? undefined : value,
  );

const keysOf = (samples: Json): Json => {
  const keys = Object.keys(samples);
  return [keys.length, keys[0], keys.at(-1)];
};

const readText = (text: string): Read => orText(text, (each) => parseYaml(decompressText(each)));

/** Scalars as JSON has them. */
function toJson(read: Read): Json {
  if (Array.isArray(read)) return read.map(toJson);
  if (typeof read === "object") {
    return Object.fromEntries(Object.entries(read).map(([key, value]) => [key, toJson(value)]));
  }
  if (read === "true" || read === "false") return read === "true";
  return /^-?\d+(\.\d+)?(E-?\d+)?$/.test(read as string) ? Number(read) : read;
}
