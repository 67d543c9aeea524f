import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { ownAutoscalerOptions } from "../../../config/operatorOptions/ownAutoscaler.ts";
import type { Option } from "../../../config/option.ts";
import { AutoscalerError } from "../model/autoscalerError.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import { type EvaluatedValues, type MetricName, metricNames, roundMetric } from "../model/metrics.ts";
import { readOption } from "../model/readOption.ts";
import type { ScalingSummary } from "../model/state.ts";
import type { Topology, Vertex } from "../model/topology.ts";
import type { Unaligned } from "../model/unaligned.ts";
import {
  compileExpression,
  type Expression,
  ExpressionError,
  isPlainMap,
  numberIn,
  textOf,
  typeNameOf,
  type Variables,
  wholeNumberIn,
} from "./expression.ts";

/**
 * The three points at which an expression takes part in a cycle (PLUGINS.md of the reference has those of the Java operator): the
 * evaluator fails open, the executor and the alignment fail closed.
 */
const { evaluatorExpression, executorExpression, alignmentExpression } = ownAutoscalerOptions;

/** The variables of each, which an expression is checked against. */
export const expressionPoints: readonly {
  readonly option: Option<string | undefined>;
  readonly variables: Variables;
}[] = [
  {
    option: evaluatorExpression,
    variables: {
      id: "string",
      name: "string",
      parallelism: "int",
      maxParallelism: "int",
      partitions: "int",
      metrics: "map",
    },
  },
  { option: executorExpression, variables: { changes: "list" } },
  {
    option: alignmentExpression,
    variables: {
      id: "string",
      current: "int",
      target: "int",
      partitions: "int",
      maxParallelism: "int",
      lower: "int",
      upper: "int",
      shipStrategies: "list",
    },
  },
];

/** Undefined: the option is not set. Throws ExpressionError. */
function expressionOf(config: FlinkConfig, option: Option<string | undefined>): Expression | undefined {
  const text = readOption(config, option);
  if (text === undefined) return undefined;
  const { variables = {} } = expressionPoints.find((point) => point.option === option) ?? {};
  return compileExpression(text, variables);
}

const whole = (value: number): bigint => BigInt(Math.trunc(value));

/** Of each metric the value that counts: the average where it has one. */
const valuesOf = (metrics: EvaluatedValues): Record<string, number> =>
  Object.fromEntries(
    Object.entries(metrics).flatMap(([name, { current, average }]) => {
      const value = Number.isNaN(average) ? current : average;
      return Number.isNaN(value) ? [] : [[name, value] as const];
    }),
  );

/**
 * The metrics of a vertex with those that the expression gives in their place. An error leaves them as they are, and is an event.
 * The thresholds have been computed by then, and the target rates downstream are computed afterwards.
 */
export function evaluateByExpression(
  { id, name = "", parallelism, maxParallelism, partitions }: Vertex,
  metrics: EvaluatedValues,
  config: FlinkConfig,
): { readonly metrics: EvaluatedValues; readonly event?: AutoscalerEvent } {
  try {
    const expression = expressionOf(config, evaluatorExpression);
    if (expression === undefined) return { metrics };
    const result = expression.evaluate({
      id,
      name,
      parallelism: whole(parallelism),
      maxParallelism: whole(maxParallelism),
      partitions: whole(partitions),
      metrics: valuesOf(metrics),
    });
    return { metrics: { ...metrics, ...replacedIn(metrics, result) } };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const event: AutoscalerEvent = {
      type: "Warning",
      reason: "EvaluatorFailed",
      message: `${evaluatorExpression.key}: ${error.message}. The metrics of vertex ${id} stay as they were measured.`,
      key: `EvaluatorFailed${id}`,
      intervalMs: readOption(config, autoscalerOptions.scalingEventInterval),
    };
    return { metrics, event };
  }
}

/** What a decision takes from the vertex itself, so that another value would have no effect. */
const facts: readonly MetricName[] = ["PARALLELISM", "MAX_PARALLELISM", "NUM_SOURCE_PARTITIONS"];

function replacedIn(metrics: EvaluatedValues, result: unknown): EvaluatedValues {
  if (!isPlainMap(result))
    throw new ExpressionError(
      `must give a map from the name of a metric to a number, and gives ${typeNameOf(result)}`,
    );
  const replaced = Object.entries(result).map(([name, value]) => {
    const metric = metricNames.find((each) => each === name);
    const before = metric === undefined ? undefined : metrics[metric];
    if (metric === undefined || before === undefined)
      throw new ExpressionError(`gives ${name}, which the vertex has no metric of`);
    if (facts.includes(metric)) throw new ExpressionError(`gives ${name}, which cannot be replaced`);
    const number = numberIn(value);
    if (number === undefined || !Number.isFinite(number) || number < 0)
      throw new ExpressionError(`gives ${name} a value that is no finite number of 0 or more`);
    const next = roundMetric(number);
    const both = {
      current: Number.isNaN(before.current) ? before.current : next,
      average: Number.isNaN(before.average) ? before.average : next,
    };
    // What was not measured gets its average.
    return [
      metric,
      Number.isNaN(both.current) && Number.isNaN(both.average) ? { ...both, average: next } : both,
    ];
  });
  return Object.fromEntries(replaced) as { readonly [Name in MetricName]?: EvaluatedValues[Name] };
}

export interface ExecutedChanges {
  readonly summaries: ReadonlyMap<string, ScalingSummary>;
  /** Nothing is to be changed. */
  readonly veto?: AutoscalerEvent;
}

/**
 * The changes of a job with what the expression says of them: true and false, or the parallelism of each in their order. Throws
 * AutoscalerError, so that nothing is scaled, for a result that is none or that Flink could not run with.
 */
export function executeByExpression(
  topology: Topology,
  summaries: ReadonlyMap<string, ScalingSummary>,
  config: FlinkConfig,
): ExecutedChanges {
  return closed(executorExpression, () => {
    const expression = expressionOf(config, executorExpression);
    if (expression === undefined) return { summaries };
    const changes = [...summaries].map(([id, { currentParallelism, newParallelism, metrics }]) => ({
      id,
      name: topology.get(id)?.name ?? "",
      current: whole(currentParallelism),
      target: whole(newParallelism),
      metrics: valuesOf(metrics),
    }));
    const result = expression.evaluate({ changes });
    if (result === true) return { summaries };
    const changed = result === false ? new Map() : changedBy(result, topology, summaries, config);
    if (changed.size > 0) return { summaries: changed };
    return { summaries: changed, veto: vetoEvent(config) };
  });
}

const vetoEvent = (config: FlinkConfig): AutoscalerEvent => ({
  type: "Warning",
  reason: "ScalingVetoed",
  message: `Scaling decision vetoed by ${executorExpression.key}.`,
  key: "ScalingVetoed",
  intervalMs: readOption(config, autoscalerOptions.scalingEventInterval),
});

function changedBy(
  result: unknown,
  topology: Topology,
  summaries: ReadonlyMap<string, ScalingSummary>,
  config: FlinkConfig,
): ReadonlyMap<string, ScalingSummary> {
  if (!Array.isArray(result) || result.length !== summaries.size)
    throw new ExpressionError(
      `must give true, false, or a list with the parallelism of each of the ${summaries.size} changes`,
    );
  return new Map(
    [...summaries].flatMap(([id, summary], place) => {
      const parallelism = wholeNumberIn(result[place]);
      const { currentParallelism: now, newParallelism, metrics } = summary;
      const most = Math.min(
        topology.get(id)?.maxParallelism ?? 0,
        Math.max(now, readOption(config, autoscalerOptions.vertexMaxParallelism)),
      );
      const least = Math.min(now, readOption(config, autoscalerOptions.vertexMinParallelism));
      if (parallelism === undefined || parallelism < Math.max(1, least) || parallelism > most)
        throw new ExpressionError(
          `gives vertex ${id} the parallelism ${textOf(result[place])}, which must be a whole number from ${Math.max(1, least)} to ${most}`,
        );
      if (parallelism === now) return [];
      const rate = metrics.EXPECTED_PROCESSING_RATE?.current ?? Number.NaN;
      const expected = roundMetric((rate / newParallelism) * parallelism);
      const changed: ScalingSummary = {
        currentParallelism: now,
        newParallelism: parallelism,
        metrics: {
          ...metrics,
          EXPECTED_PROCESSING_RATE: { current: expected, average: Number.NaN },
          RECOMMENDED_PARALLELISM: { current: parallelism, average: Number.NaN },
        },
      };
      return [[id, parallelism === newParallelism ? summary : changed] as const];
    }),
  );
}

/**
 * The parallelism that the expression fits a target to. Undefined: the option is not set. Throws AutoscalerError for a result that is
 * not within the limits.
 */
export function alignByExpression(unaligned: Unaligned, config: FlinkConfig): number | undefined {
  return closed(alignmentExpression, () => {
    const expression = expressionOf(config, alignmentExpression);
    if (expression === undefined) return undefined;
    const { vertex, current, target, partitions, maxParallelism, lower, upper, shipStrategies } = unaligned;
    const most = Math.min(upper, maxParallelism);
    const result = expression.evaluate({
      id: vertex,
      current: whole(current),
      target: whole(target),
      partitions: whole(partitions),
      maxParallelism: whole(maxParallelism),
      lower: whole(lower),
      upper: whole(most),
      shipStrategies: [...shipStrategies],
    });
    const parallelism = wholeNumberIn(result);
    if (parallelism === undefined || parallelism < Math.max(1, lower) || parallelism > most)
      throw new ExpressionError(
        `gives ${textOf(result)} for vertex ${vertex}, which must be a whole number from ${Math.max(1, lower)} to ${most}`,
      );
    return parallelism;
  });
}

function closed<Value>(option: Option<string | undefined>, run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    if (error instanceof ExpressionError)
      throw new AutoscalerError(`${option.key}: ${error.message}. Nothing is scaled.`);
    throw error;
  }
}
