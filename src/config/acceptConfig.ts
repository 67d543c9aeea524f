import { isOperatorKey } from "./defaultConfig.ts";
import { type FlinkConfig, flinkConfig } from "./flinkConfig.ts";
import { flinkOptions } from "./flinkOptions.ts";
import { familyPrefix, isOfAFamily } from "./operatorOptions/families.ts";
import { everyOption } from "./operatorOptions.ts";
import { type Option, optionKeys } from "./option.ts";
import { ValueError } from "./values/valueError.ts";

export interface RefusedValue {
  readonly key: string;
  readonly message: string;
}

export interface AcceptedConfig {
  readonly config: FlinkConfig;
  /** Invalid values. */
  readonly refused: readonly RefusedValue[];
  /** Keys with the operator's prefixes that are no options. */
  readonly unknown: readonly string[];
}

const options: ReadonlyMap<string, Option<unknown>> = new Map(
  [...everyOption, ...Object.values<Option<unknown>>(flinkOptions)].flatMap((option) =>
    optionKeys(option).map((key) => [key, option] as const),
  ),
);

/**
 * The configuration that applies after new entries were read. An invalid value is replaced by the last good one of the same
 * key, or removed, so that a typing error does not stop a running operator.
 */
export function acceptConfig(
  read: ReadonlyMap<string, string>,
  last: FlinkConfig | undefined,
): AcceptedConfig {
  const entries = new Map(read);
  const refused: RefusedValue[] = [];
  for (const [key, text] of read) {
    const wrong = whatIsWrong(key, text);
    if (wrong === undefined) continue;
    refused.push({ key, message: `${key}: ${wrong}` });
    const good = last?.entries.get(key);
    if (good === undefined) entries.delete(key);
    else entries.set(key, good);
  }
  return { config: flinkConfig(entries), refused, unknown: [...read.keys()].filter(isUnknown) };
}

function whatIsWrong(key: string, text: string): string | undefined {
  try {
    options.get(scopedKey(key))?.type.parse(text);
    return undefined;
  } catch (error) {
    if (error instanceof ValueError) return error.message;
    throw error;
  }
}

const scopes = [familyPrefix("namespaceDefaults"), familyPrefix("versionDefaults")];

/** The key without the prefix of a default for a namespace or a version. */
function scopedKey(key: string): string {
  const scope = scopes.find((prefix) => key.startsWith(prefix));
  return scope === undefined ? key : key.slice(key.indexOf(".", scope.length) + 1);
}

function isUnknown(key: string): boolean {
  const meant = scopedKey(key);
  return isOperatorKey(meant) && !isOfAFamily(meant) && !options.has(meant) && !isEntryOfAMap(meant);
}

const isEntryOfAMap = (key: string): boolean =>
  [...options].some(([name, { type }]) => type.isMap === true && key.startsWith(`${name}.`));
