import { boolean, declare, double, duration, type OptionDetails, string, type ValueType } from "../option.ts";
import { ValueError } from "../values/valueError.ts";

const declared = declare("resource");

function option<Value, Details extends { readonly default?: string }>(
  name: string,
  type: ValueType<Value>,
  doc: string,
  details: Details,
) {
  return declared<Value, Details & OptionDetails>(`job.autoscaler.${name}`, type, doc, {
    ...details,
    fallbackKeys: [`kubernetes.operator.job.autoscaler.${name}`],
  });
}

const within = (min: number, max: number) => ({
  name: "Double",
  parse: (text: string): number => {
    const value = double.parse(text);
    if (value >= min && value <= max) return value;
    throw new ValueError(
      `"${text}" is not ${max === Number.POSITIVE_INFINITY ? `${min} or more` : `from ${min} to ${max}`}`,
    );
  },
});

/** Options of the autoscaler that the Java operator does not have, and ignores. */
export const ownAutoscalerOptions = {
  undoEnabled: option(
    "undo.enabled",
    boolean,
    "Take a scaling back after which the job does not run, or does not keep up as expected.",
    { default: "false" },
  ),
  undoTimeout: option(
    "undo.timeout",
    duration,
    "How long a job may not run after a scaling, without a break, before the scaling is taken back.",
    { default: "10 min" },
  ),
  undoMinGain: option(
    "undo.min-gain",
    within(0, 1),
    "Share of the expected gain that a scale-up must bring where the vertex still does not keep up; with less it is taken back.",
    { default: "0.1" },
  ),
  undoLoadChangeFactor: option(
    "undo.load-change-factor",
    within(1.01, Number.POSITIVE_INFINITY),
    "By which factor, up or down, the load of a vertex must change before a scaling that was taken back is tried again.",
    { default: "1.5" },
  ),
  evaluatorExpression: option(
    "evaluator.expression",
    string,
    "CEL: a map of metrics that take the place of what was evaluated of a vertex (docs/autoscaler.md). In place of " +
      "metrics.custom-evaluators.",
    {},
  ),
  executorExpression: option(
    "executor.expression",
    string,
    "CEL: whether the changes are made, or which (docs/autoscaler.md). In place of scaling.custom-executors.",
    {},
  ),
  alignmentExpression: option(
    "alignment.expression",
    string,
    "CEL: the parallelism that a target is fitted to (docs/autoscaler.md). In place of a class as scaling.parallelism-alignment.mode.",
    {},
  ),
} as const;
