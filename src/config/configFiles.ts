import { parseLegacyConfigFile, parseYamlConfigFile } from "./values/configFile.ts";
import { ValueError } from "./values/valueError.ts";

/** The names of Flink's configuration file. The first existing one is read. */
export const configFileNames = ["config.yaml", "flink-conf.yaml"] as const;

/** Texts by file name. */
export type Files = ReadonlyMap<string, string>;

const parsers: Readonly<Record<(typeof configFileNames)[number], (text: string) => Map<string, string>>> = {
  "config.yaml": parseYamlConfigFile,
  "flink-conf.yaml": parseLegacyConfigFile,
};

/**
 * Merges the configuration files of several folders, key by key. Later folders take precedence. Undefined: no folder has a
 * configuration file. Throws ValueError with the name of the file.
 */
export function readConfigFiles(folders: readonly Files[]): Map<string, string> | undefined {
  const parts = folders.map(readFolder).filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : new Map(parts.flatMap((part) => [...part]));
}

function readFolder(files: Files): Map<string, string> | undefined {
  const name = configFileNames.find((each) => files.has(each));
  if (name === undefined) return undefined;
  try {
    return parsers[name](files.get(name) ?? "");
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new ValueError(`${name}: ${error.message}`);
  }
}
