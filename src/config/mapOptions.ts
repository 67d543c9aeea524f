/** Options that hold a map: written as one text, or as one key for each entry below the option's own (NATIVE 5). */
import { entriesBelow, type FlinkConfig } from "./flinkConfig.ts";
import { flinkOptions } from "./flinkOptions.ts";
import { type Option, optionKeys } from "./option.ts";
import { findOverlappingKeys } from "./values/configTree.ts";
import { formatMap, parseMap } from "./values/structured.ts";
import { ValueError } from "./values/valueError.ts";

/** Those that only Flink reads. */
const ofFlinkAlone = [
  "high-availability.zookeeper.client.authorization",
  "pipeline.global-job-parameters",
  "scope.variables.additional",
  "taskmanager.memory.managed.consumer-weights",
  "user.artifacts.http-headers",
];

const mapKeys: readonly string[] = [
  ...Object.values<Option<unknown>>(flinkOptions)
    .filter(({ type }) => type.isMap === true)
    .flatMap(optionKeys),
  ...ofFlinkAlone,
];

/**
 * The configuration with a layer over it. A map of which one part is a text and another has keys of its own becomes one
 * text with all entries, those of the layer over the others: Flink reads the text alone where there is one, and Flink 2
 * refuses both forms side by side.
 */
export function withLayer(config: FlinkConfig, layer: ReadonlyMap<string, string>): FlinkConfig {
  const merged = config.withAll(layer);
  return mapKeys.reduce((result, key) => {
    const below = entriesBelow(merged.entries, `${key}.`);
    if (below.size === 0) return result;
    const isMixed = merged.entries.has(key);
    // "a" and "a.b" as names in one map have no common place in the tree of a nested file.
    if (!isMixed && findOverlappingKeys(below.keys()).length === 0) return result;
    const entries = [mapAt(config.entries, key), mapAt(layer, key)];
    // What cannot be read is reported as it stands.
    if (entries.includes(undefined)) return result;
    return withMapAt(result, key, new Map(entries.flatMap((map) => [...(map ?? [])])));
  }, merged);
}

/** The configuration with this map as the option's only value, as Flink itself sets one. */
export const withMap = (
  config: FlinkConfig,
  { key }: Option<ReadonlyMap<string, string> | undefined>,
  map: ReadonlyMap<string, string>,
): FlinkConfig => withMapAt(config, key, map);

const withMapAt = (config: FlinkConfig, key: string, map: ReadonlyMap<string, string>): FlinkConfig =>
  config.filter((other) => !other.startsWith(`${key}.`)).with({ [key]: formatMap(map) });

/** Both forms together; undefined where the text is no map. */
function mapAt(entries: ReadonlyMap<string, string>, key: string): Map<string, string> | undefined {
  try {
    return new Map([...parseMap(entries.get(key) ?? ""), ...entriesBelow(entries, `${key}.`)]);
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}
