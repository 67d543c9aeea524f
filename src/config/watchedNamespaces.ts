import type { FlinkConfig } from "./flinkConfig.ts";
import { operatorOptions } from "./operatorOptions.ts";

/** The Java operator's word for all of them. */
const everyNamespace = "JOSDK_ALL_NAMESPACES";

/**
 * The namespaces to look after, in alphabetical order; undefined: all of the cluster. `override` is the environment
 * variable WATCH_NAMESPACES, which goes before the option.
 */
export function watchedNamespaces(
  config: FlinkConfig,
  override: string | undefined,
): readonly string[] | undefined {
  const { watchedNamespaces: option } = operatorOptions;
  const overriding = option.type.parse(override ?? "");
  const names = overriding.length > 0 ? overriding : (config.get(option) ?? []);
  return names.length === 0 || names.includes(everyNamespace) ? undefined : [...new Set(names)].sort();
}
