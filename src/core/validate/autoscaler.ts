/** Rule 11 of REFERENCE 1.23. */

import { autoscalerOptions } from "../../config/operatorOptions/autoscaler.ts";
import { ownAutoscalerOptions } from "../../config/operatorOptions/ownAutoscaler.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import { duration, type Option } from "../../config/option.ts";
import { compileExpression, ExpressionError } from "../autoscaler/expressions/expression.ts";
import { expressionPoints } from "../autoscaler/expressions/points.ts";
import { findInvalidOption } from "../autoscaler/validate.ts";
import type { Check } from "./check.ts";

export const autoscalerOptionsPossible: Check = ({ config }) => {
  const found = findInvalidOption(config);
  if (found === undefined) return undefined;
  if ("period" in found) {
    return {
      field: found.key,
      message: `"${found.period}" must be a time of day as 9:30-17:00 (the start before the end), a Quartz cron expression as * * 9-16 ? * MON-FRI, or one of each joined by &&`,
    };
  }
  const { key: field, min, max } = found;
  return {
    field,
    message:
      max === Number.POSITIVE_INFINITY ? `must be ${min} or more` : `must be between ${min} and ${max}`,
  };
};

/**
 * Every option of an enabled autoscaler can be parsed. The Java operator finds out in the cycle that needs it, and then never
 * scales.
 */
export const autoscalerOptionsReadable: Check = ({ config }) => {
  if (!config.get(autoscalerOptions.enabled)) return undefined;
  for (const option of Object.values<Option<unknown>>({ ...autoscalerOptions, ...ownAutoscalerOptions })) {
    const value = config.get(option);
    if (option.type.name === duration.name && Number(value) < 0) {
      return { field: option.key, message: "must not be negative" };
    }
  }
  return undefined;
};

/** Every expression can be read, and is over the variables that it gets. */
export const autoscalerExpressionsValid: Check = ({ config }) => {
  if (!config.get(autoscalerOptions.enabled)) return undefined;
  for (const { option, variables } of expressionPoints) {
    try {
      compileExpression(config.get(option) ?? "true", variables);
    } catch (error) {
      if (error instanceof ExpressionError) return { field: option.key, message: error.message };
      throw error;
    }
  }
  return undefined;
};

/** A shorter one holds no two samples. */
export const metricsWindowHoldsSamples: Check = ({ config }) => {
  if (!config.get(autoscalerOptions.enabled)) return undefined;
  const { metricsWindow } = autoscalerOptions;
  const interval = operatorOptions.reconcileInterval;
  return config.get(metricsWindow) >= config.get(interval)
    ? undefined
    : { field: metricsWindow.key, message: `must not be shorter than ${interval.key}` };
};
