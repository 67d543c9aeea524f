/** What the flinkConfiguration of a resource adds to the defaults. */
import { operatorOptions } from "./operatorOptions.ts";
import { type Option, optionKeys } from "./option.ts";
import { flattenConfiguration } from "./values/configTree.ts";

/** The operator's rules for jars. */
export const jarRules: readonly Option<unknown>[] = [
  operatorOptions.artifactSchemes,
  operatorOptions.artifactRestrictedHosts,
  operatorOptions.artifactMaxSize,
];

const keysOfRules = new Set(jarRules.flatMap(optionKeys));

/** Without the operator's rules for jars: whoever writes the resource cannot lift them. */
export function resourceLayer(
  flinkConfiguration: Parameters<typeof flattenConfiguration>[0],
): ReadonlyMap<string, string> {
  const layer = flattenConfiguration(flinkConfiguration);
  return [...keysOfRules].some((key) => layer.has(key))
    ? new Map([...layer].filter(([key]) => !keysOfRules.has(key)))
    : layer;
}
