import { type FlinkVersion, flinkVersions, isAtLeast } from "../api/v1beta1/flinkdeployment.ts";
import { emptyConfig, entriesBelow, type FlinkConfig } from "./flinkConfig.ts";
import { withLayer } from "./mapOptions.ts";
import { familyPrefix } from "./operatorOptions/families.ts";

const namespacePrefix = familyPrefix("namespaceDefaults");
const versionPrefix = familyPrefix("versionDefaults");

/** The prefixes of the options that are for the operator: Flink never sees them. */
export const operatorKeyPrefixes = ["kubernetes.operator.", "job.autoscaler."] as const;

export const isOperatorKey = (key: string): boolean =>
  operatorKeyPrefixes.some((prefix) => key.startsWith(prefix));

/**
 * What holds for every resource of a namespace and a Flink version: the operator's configuration, over it the defaults
 * of the namespace, over them those of "vX_Y+" in ascending order, and last those of exactly this version
 * (REFERENCE 1.21).
 */
export function defaultConfig(
  operatorConfig: FlinkConfig,
  namespace: string,
  version: FlinkVersion | undefined,
): FlinkConfig {
  const { entries } = operatorConfig;
  const orOlder = flinkVersions.filter((candidate) => version !== undefined && isAtLeast(version, candidate));
  const prefixes = [
    `${namespacePrefix}${namespace}.`,
    ...orOlder.map((candidate) => `${versionPrefix}${candidate}+.`),
    ...(version === undefined ? [] : [`${versionPrefix}${version}.`]),
  ];
  const layers = [entries, ...prefixes.map((prefix) => entriesBelow(entries, prefix))];
  return layers.reduce(withLayer, emptyConfig);
}
