/** Warnings about valid parts of a spec that are deprecated or have no effect. */
import { type FieldType, fieldsOf } from "../../api/declaration.ts";
import { type FlinkVersion, isAtLeast, isSupportedFlinkVersion } from "../../api/v1beta1/flinkdeployment.ts";
import { acceptConfig } from "../../config/acceptConfig.ts";
import { everyOption } from "../../config/operatorOptions.ts";
import { flattenConfiguration } from "../../config/values/configTree.ts";
import { isPlainObject } from "../spec/canonical.ts";
import { nearest } from "../validate/nearest.ts";

/** Older versions can be deployed, but are not tested any more (REFERENCE 0). */
const oldestTestedFlinkVersion = "v1_19" satisfies FlinkVersion;

export const warnOfDeprecated = (spec: unknown, type: FieldType, path = "spec"): string[] => [
  ...deprecatedFields(spec, type, path),
  ...deprecatedVersion(spec, path),
  ...doubtfulOptions(spec, path),
];

function deprecatedFields(value: unknown, type: FieldType, path: string): string[] {
  if (!isPlainObject(value)) return [];
  return fieldsOf(type).flatMap(({ name, type, deprecated, doc }) => {
    const child = (value as Record<string, unknown>)[name];
    if (child === undefined || child === null) return [];
    const below = `${path}.${name}`;
    return deprecated === true ? [`${below} is deprecated. ${doc}`] : deprecatedFields(child, type, below);
  });
}

function deprecatedVersion(spec: unknown, path: string): string[] {
  const { flinkVersion } = spec as { flinkVersion?: string };
  return isSupportedFlinkVersion(flinkVersion) && !isAtLeast(flinkVersion, oldestTestedFlinkVersion)
    ? [`${path}.flinkVersion: ${flinkVersion} is deprecated; use ${oldestTestedFlinkVersion} or newer`]
    : [];
}

const newNames: ReadonlyMap<string, string> = new Map(
  everyOption.flatMap(({ key, deprecatedKeys }) => deprecatedKeys.map((old) => [old, key] as const)),
);
const names = everyOption.map(({ key }) => key);

function doubtfulOptions(spec: unknown, path: string): string[] {
  const { flinkConfiguration } = spec as { flinkConfiguration?: unknown };
  const entries = flattenConfiguration(flinkConfiguration ?? {});
  const field = `${path}.flinkConfiguration`;
  const old = [...entries.keys()].flatMap((key) => {
    const newName = newNames.get(key);
    return newName === undefined ? [] : [`${field}: ${key} is an old name of ${newName}`];
  });
  const unknown = acceptConfig(entries, undefined).unknown.map((key) => {
    const similar = nearest(key, names);
    return `${field}: there is no option ${key}${similar === undefined ? "" : `; did you mean ${similar}?`}`;
  });
  return [...old, ...unknown];
}
