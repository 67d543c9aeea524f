import type { FlinkConfig } from "./flinkConfig.ts";
import { operatorOptions } from "./operatorOptions.ts";

/** The Java operator's value for all namespaces. */
const everyNamespace = "JOSDK_ALL_NAMESPACES";

/**
 * The namespaces to watch, in alphabetical order. Undefined: all. `override` is the environment variable WATCH_NAMESPACES,
 * which takes precedence over the option.
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
