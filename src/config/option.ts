import { type Amount, parseAmount } from "./values/amount.ts";
import { type DisruptionWindows, parseDisruptionWindows } from "./values/disruptionWindows.ts";
import { parseMilliseconds } from "./values/duration.ts";
import { parseLabelSelector } from "./values/labelSelector.ts";
import { parseMemorySize } from "./values/memorySize.ts";
import { parseSchedule, type Schedule } from "./values/schedule.ts";
import { parseList, parseMap, parseMapList } from "./values/structured.ts";
import { ValueError } from "./values/valueError.ts";

/** The declarations of configuration options, as plain data. FlinkConfig.get (flinkConfig.ts) reads them. */

export interface ValueType<Value> {
  readonly name: string;
  /** Throws ValueError. */
  readonly parse: (text: string) => Value;
  /** The option may also be written with one key per entry: "option.key: value". */
  readonly isMap?: true;
}

/**
 * Where an option may be set. "operator": in the operator's configuration (with its defaults for namespaces and Flink
 * versions). "resource": there, or in the resource's flinkConfiguration. "flink": the same, and Flink reads it, too.
 */
export type OptionScope = "operator" | "resource" | "flink";

export interface Option<Value> {
  readonly key: string;
  readonly type: ValueType<NonNullable<Value>>;
  /** As a user writes it. Absent: no default. */
  readonly default: string | undefined;
  readonly doc: string;
  readonly scope: OptionScope;
  /** Other options whose value is used if this one is not set, in this order. */
  readonly fallbackKeys: readonly string[];
  /** Older keys, read last, in this order. */
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

/** Off if it is blank or zero. */
export const schedule: ValueType<Schedule | "off"> = {
  name: "Duration or Quartz cron expression",
  parse: (text) => parseSchedule(text) ?? "off",
};

/** When disruptions are allowed. */
export const disruptionWindows: ValueType<DisruptionWindows> = {
  name: "List<Map>",
  parse: parseDisruptionWindows,
};

/** A part of a set: so many, or a percentage. */
export const amount: ValueType<Amount> = { name: "Integer or percentage", parse: parseAmount };

/** In bytes. */
export const memorySize: ValueType<bigint> = { name: "MemorySize", parse: parseMemorySize };

export const list: ValueType<readonly string[]> = { name: "List", parse: parseList };

/** A list with commas, as in some options of the operator. */
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

/** One of the named values, in any case and with "-" or "_", as Flink reads enums. */
export const oneOf = <const Name extends string>(...names: readonly Name[]): ValueType<Name> => ({
  name: names.join(" | "),
  parse: (text) => {
    const normalised = (name: string) => name.trim().toLowerCase().replaceAll("-", "_");
    const found = names.find((name) => normalised(name) === normalised(text));
    if (found === undefined) throw new ValueError(`"${text}" is none of ${names.join(", ")}`);
    return found;
  },
});
