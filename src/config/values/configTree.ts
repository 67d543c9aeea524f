import { formatJavaDouble } from "./javaDouble.ts";
import { formatList, formatMap } from "./structured.ts";

/**
 * Flattens a nested configuration to Flink's dotted keys. Nested objects and dotted keys are equivalent. Lists get Flink's
 * legacy format, numbers that of Java, and null becomes the text "null" (REFERENCE 1.21). The last of equal keys wins.
 */
export function flattenConfiguration(tree: unknown): Map<string, string> {
  const entries = new Map<string, string>();
  const visit = (key: string, value: unknown): void => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [name, child] of Object.entries(value)) visit(key === "" ? name : `${key}.${name}`, child);
    } else if (key !== "") {
      entries.delete(key);
      entries.set(key, valueText(value));
    }
  };
  visit("", tree);
  return entries;
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return formatList(value.map(valueText));
  if (typeof value === "number" && !Number.isInteger(value)) return formatJavaDouble(value);
  // An object inside a list, as in tolerations: Flink has a map of texts there.
  if (typeof value === "object" && value !== null) return formatMap(flattenConfiguration(value));
  return String(value);
}

/** Two keys of which one is a prefix of the other: a.b and a.b.c cannot both be in a tree. */
export interface OverlappingKeys {
  readonly shorter: string;
  readonly longer: string;
}

/** All such pairs in alphabetical order. Of the keys below one key, only the first is returned. */
export function findOverlappingKeys(keys: Iterable<string>): readonly OverlappingKeys[] {
  const all = new Set(keys);
  const longerOf = new Map<string, string>();
  for (const longer of [...all].sort()) {
    for (let dot = longer.indexOf("."); dot >= 0; dot = longer.indexOf(".", dot + 1)) {
      const shorter = longer.slice(0, dot);
      if (all.has(shorter) && !longerOf.has(shorter)) longerOf.set(shorter, longer);
    }
  }
  return [...longerOf].map(([shorter, longer]) => ({ shorter, longer }));
}

export type ConfigTree = { [name: string]: ConfigTree | string | readonly string[] };

/** The tree of dotted keys. They must not overlap. */
export function nestConfiguration(
  entries: Iterable<readonly [string, string | readonly string[]]>,
): ConfigTree {
  const root: ConfigTree = Object.create(null);
  for (const [key, value] of entries) {
    const path = key.split(".");
    const leaf = path.pop() ?? key;
    let node = root;
    for (const name of path) {
      node[name] ??= Object.create(null) as ConfigTree;
      node = node[name] as ConfigTree;
    }
    node[leaf] = value;
  }
  return root;
}
