import { BuildError } from "./buildError.ts";
import { type Option, optionKeys } from "./option.ts";
import { ValueError } from "./values/valueError.ts";

/** A Flink configuration: dotted keys with their texts. Immutable: `with` returns a new one. */
export interface FlinkConfig {
  readonly entries: ReadonlyMap<string, string>;
  /** The option's value: from its own key, a fallback key or a deprecated key, else the default. Throws BuildError. */
  get<Value>(option: Option<Value>): Value;
  isSet(option: Option<unknown>): boolean;
  /** Sets some keys, and removes those that are undefined. */
  with(changes: Readonly<Record<string, string | undefined>>): FlinkConfig;
  /** Sets all of these keys. */
  withAll(entries: Iterable<readonly [string, string]>): FlinkConfig;
  filter(keep: (key: string) => boolean): FlinkConfig;
}

export function flinkConfig(
  source: Iterable<readonly [string, string]> | Readonly<Record<string, string>>,
): FlinkConfig {
  const entries = new Map(Symbol.iterator in source ? source : Object.entries(source));
  const config: FlinkConfig = {
    entries,
    get: (option) => getOption(entries, option),
    isSet: (option) => findText(entries, option) !== undefined,
    with: (changes) => {
      const changed = new Map(entries);
      for (const [key, value] of Object.entries(changes)) {
        if (value === undefined) changed.delete(key);
        else changed.set(key, value);
      }
      return flinkConfig(changed);
    },
    withAll: (more) => flinkConfig([...entries, ...more]),
    filter: (keep) => flinkConfig([...entries].filter(([key]) => keep(key))),
  };
  return config;
}

export const emptyConfig: FlinkConfig = flinkConfig([]);

type Entries = ReadonlyMap<string, string>;
type Found<Value> = { readonly key: string; readonly read: () => Value };

function getOption<Value>(entries: Entries, option: Option<Value>): Value {
  const found = findText(entries, option);
  if (found === undefined) {
    return (option.default === undefined ? undefined : option.type.parse(option.default)) as Value;
  }
  try {
    return found.read();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new BuildError(found.key, `${found.key}: ${error.message}`, { cause: error });
  }
}

function findText<Value>(entries: Entries, option: Option<Value>): Found<Value> | undefined {
  for (const key of optionKeys(option)) {
    const text = entries.get(key);
    if (text !== undefined) return { key, read: () => option.type.parse(text) as Value };
    if (option.type.isMap === true) {
      const map = entriesBelow(entries, `${key}.`);
      if (map.size > 0) return { key, read: () => map as Value };
    }
  }
  return undefined;
}

/** The entries with the prefix, by the rest of their keys. */
export function entriesBelow(entries: Entries, prefix: string): Map<string, string> {
  const below = new Map<string, string>();
  for (const [key, value] of entries) {
    if (key.startsWith(prefix)) below.set(key.slice(prefix.length), value);
  }
  return below;
}
