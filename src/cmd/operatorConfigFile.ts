import { basename } from "node:path";
import { emptyConfig, type FlinkConfig, flinkConfig } from "../config/flinkConfig.ts";
import { parseLegacyConfigFile, parseYamlConfigFile } from "../config/values/configFile.ts";
import { ValueError } from "../config/values/valueError.ts";
import type { TextFile } from "./inputFiles.ts";

/**
 * flink-conf.yaml has its own syntax. Any other file is read as YAML, and as flink-conf.yaml if that fails. Returns a text if
 * the file cannot be read: the problem.
 */
export function parseOperatorConfig(file: TextFile | undefined): FlinkConfig | string {
  if (file === undefined) return emptyConfig;
  const { name, text } = file;
  if (basename(name) === "flink-conf.yaml") return flinkConfig(parseLegacyConfigFile(text));
  try {
    return flinkConfig(parseYamlConfigFile(text));
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const legacy = parseLegacyConfigFile(text);
    return legacy.size > 0 ? flinkConfig(legacy) : `${name}: ${error.message}`;
  }
}
