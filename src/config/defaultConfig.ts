import { type FlinkVersion, flinkVersions, isAtLeast } from "../api/v1beta1/flinkdeployment.ts";
import { emptyConfig, entriesBelow, type FlinkConfig } from "./flinkConfig.ts";
import { withLayer } from "./mapOptions.ts";
import { familyPrefix } from "./operatorOptions/families.ts";

const namespacePrefix = familyPrefix("namespaceDefaults");
const versionPrefix = familyPrefix("versionDefaults");

/** The prefixes of the operator's own options, which are not passed to Flink. */
export const operatorKeyPrefixes = ["kubernetes.operator.", "job.autoscaler."] as const;

export const isOperatorKey = (key: string): boolean =>
  operatorKeyPrefixes.some((prefix) => key.startsWith(prefix));

/** The defaults that were computed, by namespace and version: a thousand resources share a few of them. */
const computed = new WeakMap<FlinkConfig, Map<string, FlinkConfig>>();

/**
 * The default configuration for all resources of a namespace and a Flink version. In ascending precedence: the operator's
 * configuration, the defaults of the namespace, those of "vX_Y+" in ascending order, those of exactly this version
 * (REFERENCE 1.21).
 */
export function defaultConfig(
  operatorConfig: FlinkConfig,
  namespace: string,
  version: FlinkVersion | undefined,
): FlinkConfig {
  const known = computed.get(operatorConfig) ?? new Map<string, FlinkConfig>();
  computed.set(operatorConfig, known);
  const prefix = `${namespacePrefix}${namespace}.`;
  const hasOwn = [...operatorConfig.entries.keys()].some((each) => each.startsWith(prefix));
  // Namespaces come and go; those with defaults of their own are as many as the configuration names.
  const key = `${hasOwn ? namespace : ""} ${version ?? ""}`;
  const config = known.get(key) ?? computeDefaults(operatorConfig, namespace, version);
  known.set(key, config);
  return config;
}

function computeDefaults(
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
