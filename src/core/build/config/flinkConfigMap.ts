import type { KubeObject } from "../../../api/kubernetes.ts";
import { type FlinkVersion, isAtLeast } from "../../../api/v1beta1/flinkdeployment.ts";
import { flinkConfigMapName } from "../../../api/v1beta1/names.ts";
import { BuildError } from "../../../config/buildError.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { describeOverlaps } from "../../../config/overlappingKeys.ts";
import { formatLegacyConfigFile, formatYamlConfigFile } from "../../../config/values/configFile.ts";
import { clusterLabels, clusterMetadata } from "../clusterMetadata.ts";
import type { FlinkCluster } from "../flinkCluster.ts";
import { legacyFileEntries } from "./fileValues.ts";

/** Flink's configuration directory: the configuration and the logging configurations. */
export function flinkConfigMap(cluster: FlinkCluster): KubeObject {
  const { clusterId, version, logFiles, owner } = cluster;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: clusterMetadata(cluster, flinkConfigMapName(clusterId), {
      labels: clusterLabels(cluster),
      owner,
    }),
    data: {
      ...Object.fromEntries(presentLogFiles(logFiles).map((name) => [name, logFiles[name]])),
      [configFileName(version)]: formatConfig(cluster),
    },
  };
}

/** In the order in which Flink mounts them. Flink ignores other files. */
export const logFileNames = ["logback-console.xml", "log4j-console.properties"];

export const presentLogFiles = (logFiles: FlinkCluster["logFiles"]): string[] =>
  logFileNames.filter((name) => logFiles[name] !== undefined);

/**
 * config.yaml since Flink 2.0, which reads no other file; before that flink-conf.yaml, as the reference writes it.
 */
export const configFileName = (version: FlinkVersion): string =>
  isAtLeast(version, "v2_0") ? "config.yaml" : "flink-conf.yaml";

function formatConfig(cluster: FlinkCluster): string {
  const { config, version, programArgs } = cluster;
  const { entries } = config;
  if (!isAtLeast(version, "v2_0")) return formatLegacyConfigFile(legacyFileEntries(cluster));
  const overlaps = describeOverlaps(entries.keys());
  if (overlaps !== undefined) throw new BuildError(overlaps.key, overlaps.message);
  // The one value that is written as a YAML list, because arguments may contain anything, including quotes and
  // spaces.
  const args = programArgs === undefined ? [] : [[flinkOptions.programArgs.key, programArgs] as const];
  return formatYamlConfigFile(new Map<string, string | readonly string[]>([...entries, ...args]));
}
