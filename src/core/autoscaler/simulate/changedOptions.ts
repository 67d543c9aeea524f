import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { flinkOptions } from "../../../config/flinkOptions.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { ownAutoscalerOptions } from "../../../config/operatorOptions/ownAutoscaler.ts";
import { type Option, optionKeys } from "../../../config/option.ts";
import {
  autoscalerExpressionsValid,
  autoscalerOptionsPossible,
  autoscalerOptionsReadable,
} from "../../validate/autoscaler.ts";
import { type Check, runCheck } from "../../validate/check.ts";
import { nearest } from "../../validate/nearest.ts";

const options: readonly Option<unknown>[] = [
  ...Object.values<Option<unknown>>({ ...autoscalerOptions, ...ownAutoscalerOptions }),
  flinkOptions.taskSlots as Option<unknown>,
];

/** A job is measured, and its options are checked, only if it is autoscaled. */
const enabled = { [autoscalerOptions.enabled.key]: "true" };

/** The configuration with other options, each as `key=value`. A text: what is wrong with the first one that is. */
export function withChangedOptions(config: FlinkConfig, changes: readonly string[]): FlinkConfig | string {
  let changed = config;
  for (const change of changes) {
    const [, key = "", value = ""] = /^([^=]*)=(.*)$/s.exec(change) ?? [];
    if (key.trim() === "")
      return `"${change}" must be key=value, as ${autoscalerOptions.utilizationTarget.key}=0.6`;
    const option = options.find((each) => optionKeys(each).includes(key.trim()));
    if (option === undefined) return unknownOption(key.trim());
    // Whatever key it had.
    changed = changed
      .with(Object.fromEntries(optionKeys(option).map((each) => [each, undefined])))
      .with({ [option.key]: value.trim() });
  }
  return whatIsWrong(changed) ?? changed.with(enabled);
}

const unknownOption = (key: string): string => {
  const similar = nearest(
    key,
    options.map((option) => option.key),
  );
  return `${key} is no option of the autoscaler${similar === undefined ? ": docs/reference/configuration.md lists them" : `; did you mean ${similar}?`}`;
};

const checks: readonly Check[] = [
  autoscalerOptionsReadable,
  autoscalerOptionsPossible,
  autoscalerExpressionsValid,
];

/** The first option that the admission would refuse, and why. */
export function whatIsWrong(options: FlinkConfig): string | undefined {
  const config = options.with(enabled);
  for (const check of checks) {
    const problem = runCheck(() => check({ config } as Parameters<Check>[0]));
    if (problem !== undefined) return `${problem.field}: ${problem.message}`;
  }
  return undefined;
}
