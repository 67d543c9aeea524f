import { BuildError } from "../../../config/buildError.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { duration, type Option, optionKeys } from "../../../config/option.ts";
import { AutoscalerError } from "./autoscalerError.ts";

/** Reads an option for a cycle. Throws AutoscalerError, with Flink's text, if the value cannot be parsed. */
export function readOption<Value>(config: FlinkConfig, option: Option<Value>): Value {
  try {
    const value = config.get(option);
    // Flink has no negative durations.
    if (option.type === (duration as Option<Value>["type"]) && Number(value) < 0)
      throw unreadable(config, option);
    return value;
  } catch (error) {
    throw error instanceof BuildError ? unreadable(config, option) : error;
  }
}

function unreadable(config: FlinkConfig, option: Option<unknown>): AutoscalerError {
  const text = optionKeys(option).flatMap((key) => config.entries.get(key) ?? [])[0];
  return new AutoscalerError(`Could not parse value '${text}' for key '${option.key}'.`);
}

/** Slots of one TaskManager. Throws AutoscalerError if there is none. */
export function readTaskSlots(config: FlinkConfig): number {
  const slots = readOption(config, flinkOptions.taskSlots);
  if (slots >= 1) return slots;
  throw new AutoscalerError(`${flinkOptions.taskSlots.key} must be 1 or more, not ${slots}.`);
}

/** Whole seconds, as all durations in the formulas (AUTOSCALER 3). */
export const readSeconds = (config: FlinkConfig, option: Option<number>): number =>
  Math.trunc(readOption(config, option) / 1_000);
