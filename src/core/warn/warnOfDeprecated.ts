import { isDeepStrictEqual } from "node:util";
import { type FieldType, fieldsOf } from "../../api/declaration.ts";
import { type FlinkVersion, isAtLeast, isSupportedFlinkVersion } from "../../api/v1beta1/flinkdeployment.ts";
import { acceptConfig } from "../../config/acceptConfig.ts";
import { BuildError } from "../../config/buildError.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { everyOption } from "../../config/operatorOptions.ts";
import { flattenConfiguration } from "../../config/values/configTree.ts";
import { isPlainObject } from "../spec/canonical.ts";
import { nearest } from "../validate/nearest.ts";
import { autoscalerLimit, noticeOfAutoscaler, noticeOfVersion } from "./warnOfNoEffect.ts";

/** Older versions are deprecated in the Java operator (REFERENCE 0). */
const oldestCurrentFlinkVersion = "v1_19" satisfies FlinkVersion;

/**
 * Warns whoever writes a spec of what it uses that is legal and will go away, or that has no effect. Only what differs
 * from `stored`, the spec before the write, is worth a warning: a patch of something else does not repeat it.
 */
export const warnOfDeprecated = (
  spec: unknown,
  type: FieldType,
  stored: unknown = undefined,
  path = "spec",
): string[] => [
  ...deprecatedFields(spec, stored, type, path),
  ...deprecatedVersion(spec, stored, path),
  ...doubtfulOptions(spec, stored, path),
];

const fieldOf = (value: unknown, name: string): unknown => (isPlainObject(value) ? value[name] : undefined);

function deprecatedFields(value: unknown, stored: unknown, type: FieldType, path: string): string[] {
  if (!isPlainObject(value)) return [];
  return fieldsOf(type).flatMap(({ name, type, deprecated, doc }) => {
    const child = fieldOf(value, name);
    const before = fieldOf(stored, name);
    if (child === undefined || child === null || isDeepStrictEqual(child, before)) return [];
    const below = `${path}.${name}`;
    return deprecated === true
      ? [`${below} is deprecated. ${doc}`]
      : deprecatedFields(child, before, type, below);
  });
}

function deprecatedVersion(spec: unknown, stored: unknown, path: string): string[] {
  const { flinkVersion } = spec as { flinkVersion?: string };
  if (flinkVersion === fieldOf(stored, "flinkVersion")) return [];
  const notice = noticeOfVersion(flinkVersion);
  if (notice !== undefined) return [`${path}.flinkVersion: ${notice.message}`];
  return isSupportedFlinkVersion(flinkVersion) && !isAtLeast(flinkVersion, oldestCurrentFlinkVersion)
    ? [`${path}.flinkVersion: ${flinkVersion} is deprecated; use ${oldestCurrentFlinkVersion} or newer`]
    : [];
}

const newNames: ReadonlyMap<string, string> = new Map(
  everyOption.flatMap(({ key, deprecatedKeys }) => deprecatedKeys.map((old) => [old, key] as const)),
);
const names = everyOption.map(({ key }) => key);

/** A value that cannot be parsed is refused elsewhere. */
function autoscalerLimitIn(entries: ReadonlyMap<string, string>): string | undefined {
  try {
    return autoscalerLimit(flinkConfig(entries));
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return undefined;
  }
}

function doubtfulOptions(spec: unknown, stored: unknown, path: string): string[] {
  const known = optionsOf(stored);
  const entries = new Map([...optionsOf(spec)].filter(([key, value]) => known.get(key) !== value));
  const field = `${path}.flinkConfiguration`;
  const old = [...entries.keys()].flatMap((key) => {
    const newName = newNames.get(key);
    return newName === undefined ? [] : [`${field}: ${key} is an old name of ${newName}`];
  });
  const autoscaler = noticeOfAutoscaler(autoscalerLimitIn(entries));
  const unknown = acceptConfig(entries, undefined).unknown.map((key) => {
    const similar = nearest(key, names);
    return `${field}: there is no option ${key}${similar === undefined ? "" : `; did you mean ${similar}?`}`;
  });
  return [...(autoscaler === undefined ? [] : [`${field}: ${autoscaler.message}`]), ...old, ...unknown];
}

const optionsOf = (spec: unknown) => flattenConfiguration(fieldOf(spec, "flinkConfiguration") ?? {});
