import { BuildError } from "../../../config/buildError.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { declare, float, memorySize, type Option } from "../../../config/option.ts";
import { describeMemorySize } from "../../../config/values/memorySize.ts";
import { parseQuantity } from "../../../config/values/quantity.ts";

/**
 * Memory that is a fraction of other memory, within bounds (ProcessMemoryUtils and RangeFraction of flink-runtime).
 */
export interface MemoryRange {
  readonly name: string;
  readonly min: bigint;
  readonly max: bigint;
  readonly fraction: number;
}

export interface MemoryRangeOptions {
  readonly name: string;
  readonly min: Option<bigint>;
  readonly max: Option<bigint>;
  readonly fraction: Option<number>;
}

const option = declare("flink");

export const memoryOption = (key: string, doc: string, deprecatedKeys: readonly string[] = []) =>
  option(key, memorySize, doc, { deprecatedKeys });

export const memoryOptionWithDefault = (key: string, value: string, doc: string) =>
  option(key, memorySize, doc, { default: value });

export const memoryRangeOptions = (
  name: string,
  key: string,
  defaults: { readonly min: string; readonly max: string; readonly fraction: string },
  oldKey?: string,
): MemoryRangeOptions => {
  const deprecated = (part: string) => ({
    deprecatedKeys: oldKey === undefined ? [] : [`${oldKey}.${part}`],
  });
  return {
    name,
    min: option(`${key}.min`, memorySize, `Least ${name}.`, { default: defaults.min, ...deprecated("min") }),
    max: option(`${key}.max`, memorySize, `Most ${name}.`, { default: defaults.max, ...deprecated("max") }),
    fraction: option(`${key}.fraction`, float, `${name} as a fraction.`, {
      default: defaults.fraction,
      ...deprecated("fraction"),
    }),
  };
};

export function readMemoryRange(config: FlinkConfig, options: MemoryRangeOptions): MemoryRange {
  const range = {
    name: options.name,
    min: config.get(options.min),
    max: config.get(options.max),
    fraction: config.get(options.fraction),
  };
  if (range.min > range.max) {
    throw new BuildError(
      options.min.key,
      `${options.min.key} (${describeMemorySize(range.min)}) is more than ${options.max.key} (${describeMemorySize(range.max)})`,
    );
  }
  if (range.fraction < 0 || range.fraction >= 1) {
    throw new BuildError(
      options.fraction.key,
      `${options.fraction.key} must be at least 0 and below 1, and is ${range.fraction}`,
    );
  }
  return range;
}

/** Like MemorySize.multiply(): exact, then rounded down to whole bytes. */
export function multiply(bytes: bigint, factor: number): bigint {
  const { digits, scale } = parseQuantity(String(factor));
  return (bytes * digits) / 10n ** BigInt(scale);
}

const within = ({ min, max }: MemoryRange, bytes: bigint): bigint =>
  bytes < min ? min : bytes > max ? max : bytes;

/** The range's share of a total. */
export const fractionOf = (whole: bigint, range: MemoryRange): bigint =>
  within(range, multiply(whole, range.fraction));

/** The range's share of a total of which only the rest is known. */
export const fractionOfRest = (rest: bigint, range: MemoryRange): bigint =>
  within(range, multiply(rest, range.fraction / (1 - range.fraction)));

/** For memory that is the rest of an explicitly sized total: it must still be within its bounds. */
export function requireWithin(range: MemoryRange, bytes: bigint, field: string, whole: string): void {
  if (bytes >= range.min && bytes <= range.max) return;
  throw new BuildError(
    field,
    `Derived ${range.name} size (${describeMemorySize(bytes)}) is not in configured ${range.name} range [${describeMemorySize(range.min)}, ${describeMemorySize(range.max)}]; it is what the other sizes leave of the configured ${whole}`,
  );
}
