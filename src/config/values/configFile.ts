import { dump, FAILSAFE_SCHEMA, load, YAMLException } from "js-yaml";
import { flattenConfiguration, nestConfiguration } from "./configTree.ts";
import { ValueError } from "./valueError.ts";

/** Flink's two configuration files: config.yaml (nested YAML), and flink-conf.yaml (one "key: value" per line). */

/**
 * Reads flink-conf.yaml as Flink does up to 1.20 (GlobalConfiguration.loadLegacyYAMLResource): a "#" starts a comment at any
 * position, the first ": " ends the key, and lines without key or value are skipped.
 */
export function parseLegacyConfigFile(text: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of text.split(/\r\n|\r|\n/)) {
    const content = line.split("#", 1)[0] ?? "";
    const separator = content.indexOf(": ");
    const key = content.slice(0, Math.max(separator, 0)).trim();
    const value = content.slice(separator + 2).trim();
    if (key !== "" && value !== "") entries.set(key, value);
  }
  return entries;
}

/**
 * The format has no quoting: Flink cuts a value at a "#" or a line break, and removes outer blanks (NATIVE 5).
 * Use fitsLegacyConfigFile to find out whether a value is preserved.
 */
export const formatLegacyConfigFile = (entries: Iterable<readonly [string, string]>): string =>
  [...entries].map(([key, value]) => `${key}: ${value}\n`).join("");

/** Whether Flink reads the same key and value back from flink-conf.yaml. Blanks around a value do not matter there. */
export function fitsLegacyConfigFile(key: string, value: string): boolean {
  const read = parseLegacyConfigFile(formatLegacyConfigFile([[key, value]]));
  const expected = value.trim();
  return expected === "" ? read.size === 0 : read.size === 1 && read.get(key) === expected;
}

/**
 * Reads config.yaml, flat or nested. Scalars keep their text ("1.0" stays "1.0"). An empty value counts as absent, as in
 * Flink.
 */
export function parseYamlConfigFile(text: string): Map<string, string> {
  if (text.replaceAll(/^\s*(#.*|---\s*)?$/gm, "").trim() === "") return new Map();
  const tree = loadConfigTree(text);
  if (typeof tree !== "object" || tree === null || Array.isArray(tree)) {
    throw new ValueError("a configuration file must be a map of keys to values");
  }
  const entries = flattenConfiguration(tree);
  for (const [key, value] of entries) if (value === "") entries.delete(key);
  return entries;
}

function loadConfigTree(text: string): unknown {
  try {
    return load(text, { schema: FAILSAFE_SCHEMA });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? "" : ` in line ${error.mark.line + 1}`;
    throw new ValueError(`not YAML: ${error.reason}${line}`);
  }
}

/**
 * Formats with keys in alphabetical order, so that equal configurations give equal texts. Keys must not overlap. A value that
 * another YAML parser may read as a number or a date is quoted: Flink's parser reads each value back unchanged.
 */
export function formatYamlConfigFile(
  entries: Iterable<readonly [string, string | readonly string[]]>,
): string {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.length === 0 ? "" : dump(nestConfiguration(sorted), { lineWidth: -1, noRefs: true });
}
