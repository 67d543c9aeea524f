import { parseMilliseconds } from "./values/duration.ts";
import { parseLabelSelector } from "./values/labelSelector.ts";
import { parseMemorySize } from "./values/memorySize.ts";
import { parseSchedule, type Schedule } from "./values/schedule.ts";
import { parseList, parseMap, parseMapList } from "./values/structured.ts";
import { ValueError } from "./values/valueError.ts";

/** How a configuration option is declared: once, as plain data. Reading it is FlinkConfig.get (flinkConfig.ts). */

export interface ValueType<Value> {
  readonly name: string;
  /** Throws ValueError. */
  readonly parse: (text: string) => Value;
  /** May also be written as one key for each entry: "option.key: value". */
  readonly isMap?: true;
}

/**
 * Who reads an option, and so where it may be set. "operator": the operator's own configuration (with its defaults
 * for namespaces and Flink versions). "resource": there, or in the resource's flinkConfiguration. "flink": Flink reads
 * it too.
 */
export type OptionScope = "operator" | "resource" | "flink";

export interface Option<Value> {
  readonly key: string;
  readonly type: ValueType<NonNullable<Value>>;
  /** As a user would write it; absent: none. */
  readonly default: string | undefined;
  readonly doc: string;
  readonly scope: OptionScope;
  /** Other options whose value holds where this one is not set, in this order. */
  readonly fallbackKeys: readonly string[];
  /** Older names, read last, in this order. */
  readonly deprecatedKeys: readonly string[];
}

export interface OptionDetails {
  readonly default?: string;
  readonly deprecatedKeys?: readonly string[];
  readonly fallbackKeys?: readonly string[];
}

/** Declares the options of one scope: `const option = declare("operator")`. */
export const declare =
  (scope: OptionScope) =>
  <Value, Details extends OptionDetails>(
    key: string,
    type: ValueType<Value>,
    doc: string,
    details?: Details,
  ): Option<Details extends { default: string } ? Value : Value | undefined> => ({
    key,
    type: type as ValueType<NonNullable<Value>>,
    doc,
    scope,
    default: details?.default,
    deprecatedKeys: details?.deprecatedKeys ?? [],
    fallbackKeys: details?.fallbackKeys ?? [],
  });

export const optionKeys = ({ key, fallbackKeys, deprecatedKeys }: Option<unknown>): readonly string[] => [
  key,
  ...fallbackKeys,
  ...deprecatedKeys,
];

export const string: ValueType<string> = { name: "String", parse: (text) => text };

export const labelSelector: ValueType<string> = { name: "String", parse: parseLabelSelector };

export const boolean: ValueType<boolean> = {
  name: "Boolean",
  parse: (text) => {
    const lower = text.trim().toLowerCase();
    if (lower !== "true" && lower !== "false") throw new ValueError(`"${text}" is neither true nor false`);
    return lower === "true";
  },
};

const int32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };

export const integer: ValueType<number> = {
  name: "Integer",
  parse: (text) => {
    const value = Number(text.trim());
    if (!/^[+-]?\d+$/.test(text.trim()) || value < int32.min || value > int32.max) {
      throw new ValueError(`"${text}" is not a whole number of 32 bits`);
    }
    return value;
  },
};

export const double: ValueType<number> = {
  name: "Double",
  parse: (text) => {
    if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text.trim())) {
      throw new ValueError(`"${text}" is not a number`);
    }
    if (!Number.isFinite(Number(text))) throw new ValueError(`"${text}" is too large a number`);
    return Number(text);
  },
};

/** A Java float: 32 bits, so 0.1 is 0.10000000149011612 (NATIVE 7). */
export const float: ValueType<number> = {
  name: "Float",
  parse: (text) => Math.fround(double.parse(text)),
};

/** In milliseconds. */
export const duration: ValueType<number> = { name: "Duration", parse: parseMilliseconds };

/** Off where it is blank or zero. */
export const schedule: ValueType<Schedule | "off"> = {
  name: "Duration or Quartz cron expression",
  parse: (text) => parseSchedule(text) ?? "off",
};

/** In bytes. */
export const memorySize: ValueType<bigint> = { name: "MemorySize", parse: parseMemorySize };

export const list: ValueType<readonly string[]> = { name: "List", parse: parseList };

/** A list with commas, which is how some options of the operator have it. */
export const commaList: ValueType<readonly string[]> = {
  name: "comma-separated List",
  parse: (text) =>
    text
      .split(",")
      .map((element) => element.trim())
      .filter((element) => element !== ""),
};

export const map: ValueType<ReadonlyMap<string, string>> = { name: "Map", parse: parseMap, isMap: true };

export const mapList: ValueType<readonly ReadonlyMap<string, string>[]> = {
  name: "List<Map>",
  parse: parseMapList,
};

/** One of the named values, in any case and with "-" for "_", as Flink reads enums. */
export const oneOf = <const Name extends string>(...names: readonly Name[]): ValueType<Name> => ({
  name: names.join(" | "),
  parse: (text) => {
    const normalised = (name: string) => name.trim().toLowerCase().replaceAll("-", "_");
    const found = names.find((name) => normalised(name) === normalised(text));
    if (found === undefined) throw new ValueError(`"${text}" is none of ${names.join(", ")}`);
    return found;
  },
});
