/** Options that hold a map: set as one text, or with one key for each entry below the key of the option (NATIVE 5). */
import { entriesBelow, type FlinkConfig } from "./flinkConfig.ts";
import { flinkOptions } from "./flinkOptions.ts";
import { type Option, optionKeys } from "./option.ts";
import { findOverlappingKeys } from "./values/configTree.ts";
import { formatMap, parseMap } from "./values/structured.ts";
import { ValueError } from "./values/valueError.ts";

/** The options that only Flink reads. */
const readByFlinkOnly = [
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
  ...readByFlinkOnly,
];

/**
 * The configuration with a layer over it. A map that is set in both forms becomes one text with all entries, and the entries
 * of the layer replace others. Flink reads only the text if there is one, and Flink 2 refuses both forms together.
 */
export function withLayer(config: FlinkConfig, layer: ReadonlyMap<string, string>): FlinkConfig {
  if (layer.size === 0) return config;
  const merged = config.withAll(layer);
  return mapKeysOf(layer).reduce((result, key) => {
    const below = entriesBelow(merged.entries, `${key}.`);
    if (below.size === 0) return result;
    const isMixed = merged.entries.has(key);
    // A nested file cannot hold "a" and "a.b" as keys of one map.
    if (!isMixed && findOverlappingKeys(below.keys()).length === 0) return result;
    const entries = [mapAt(config.entries, key), mapAt(layer, key)];
    // A map that cannot be parsed stays unchanged, and the validation reports it.
    if (entries.includes(undefined)) return result;
    return withMapAt(result, key, new Map(entries.flatMap((map) => [...(map ?? [])])));
  }, merged);
}

/** The map options that a layer sets in any form: no other can become mixed by it. */
function mapKeysOf(layer: ReadonlyMap<string, string>): string[] {
  const names = [...layer.keys()];
  return mapKeys.filter((key) => names.some((name) => name === key || name.startsWith(`${key}.`)));
}

/** The configuration with this map as the only value of the option, in the form that Flink itself sets. */
export const withMap = (
  config: FlinkConfig,
  { key }: Option<ReadonlyMap<string, string> | undefined>,
  map: ReadonlyMap<string, string>,
): FlinkConfig => withMapAt(config, key, map);

const withMapAt = (config: FlinkConfig, key: string, map: ReadonlyMap<string, string>): FlinkConfig =>
  config.filter((other) => !other.startsWith(`${key}.`)).with({ [key]: formatMap(map) });

/** The entries of both forms. Undefined: the text is not a map. */
function mapAt(entries: ReadonlyMap<string, string>, key: string): Map<string, string> | undefined {
  try {
    return new Map([...parseMap(entries.get(key) ?? ""), ...entriesBelow(entries, `${key}.`)]);
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}
