import { redactSecrets } from "../../../api/redact.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { ownAutoscalerOptions } from "../../../config/operatorOptions/ownAutoscaler.ts";
import type { VertexReasoning, VertexStop } from "../decide/decideVertex.ts";
import type { EvaluatedValues, VertexId } from "../model/metrics.ts";
import { readOption } from "../model/readOption.ts";
import type { Vertex } from "../model/topology.ts";

/**
 * What becomes of one vertex. `Kept` stands for all that needs no change, so that small changes of the load do not change the
 * outcome.
 */
export const vertexOutcomes = [
  "Scaled",
  "Recommended",
  "Kept",
  "Limited",
  "Waits",
  "Ineffective",
  "Undone",
  "NotMeasured",
  "Excluded",
] as const;
export type VertexOutcome = (typeof vertexOutcomes)[number];

export interface ExplainedVertex {
  readonly id: VertexId;
  readonly name?: string;
  readonly parallelism: number;
  /** The parallelism that it gets, or would get. Absent: the one that it has. */
  readonly target?: number;
  readonly outcome: VertexOutcome;
  /** From what was measured to what was decided, one step each; empty for all but the first vertices of a cycle. */
  readonly chain: readonly string[];
}

export interface VertexToExplain {
  readonly vertex: Vertex;
  readonly metrics: EvaluatedValues;
  /** Undefined: nothing was decided for it. */
  readonly reasoning: VertexReasoning | undefined;
  readonly isExcluded: boolean;
  /** The parallelism of the decision. Undefined: the one that it has. */
  readonly recommended: number | undefined;
  readonly job: { readonly outcome: string; readonly message: string };
  readonly hasChain: boolean;
}

const NAME_CHARACTERS = 80;

export function explainVertex(explained: VertexToExplain, config: FlinkConfig): ExplainedVertex {
  const { vertex, recommended } = explained;
  return {
    id: vertex.id,
    ...(vertex.name === undefined ? {} : { name: redactSecrets(vertex.name).slice(0, NAME_CHARACTERS) }),
    parallelism: vertex.parallelism,
    ...(recommended === undefined ? {} : { target: recommended }),
    outcome: outcomeOf(explained),
    chain: explained.hasChain ? chainOf(explained, config) : [],
  };
}

function outcomeOf({ reasoning, isExcluded, recommended, job }: VertexToExplain): VertexOutcome {
  if (recommended !== undefined) return job.outcome === "Scaled" ? "Scaled" : "Recommended";
  if (isExcluded) return "Excluded";
  switch (reasoning?.stop) {
    case "NotMeasured":
    case "NoTarget":
      return "NotMeasured";
    case "Ineffective":
    case "Undone":
      return reasoning.stop;
    case "Limited":
      return reasoning.isOutsideBound === true ? "Limited" : "Kept";
    case "ScaleDownInterval":
      return reasoning.isOutsideBound === true ? "Waits" : "Kept";
    default:
      return "Kept";
  }
}

function chainOf(explained: VertexToExplain, config: FlinkConfig): readonly string[] {
  const { vertex, metrics, reasoning } = explained;
  const lag = metrics.LAG?.current;
  return [
    `measured: busy ${share(metrics.LOAD?.average)} of the time${lag === undefined ? "" : `, ${rate(lag)} records wait`}`,
    `evaluated: ${rate(metrics.TARGET_DATA_RATE?.average)} records/s arrive, and ${rate(metrics.CATCH_UP_DATA_RATE?.current)} to catch up; ` +
      `${subtasks(vertex.parallelism)} could process ${rate(metrics.TRUE_PROCESSING_RATE?.average)}`,
    ...targetLines(reasoning, config),
    ...limitLines(vertex, reasoning, config),
    lastLine(explained, config),
  ];
}

function targetLines(
  { capacity, factor, coefficient = 1, needed }: VertexReasoning = {},
  config: FlinkConfig,
): string[] {
  if (capacity === undefined || factor === undefined || needed === undefined) return [];
  const utilization = readOption(config, autoscalerOptions.utilizationTarget);
  const gain = coefficient === 1 ? "" : `, where a further subtask brings ${rate(coefficient)} of the first`;
  const bound =
    factor.needed === factor.used ? "" : `, which the limits of the factor make ${rate(factor.used)}`;
  return [
    `target: ${rate(capacity)} records/s for a utilization of ${rate(utilization)}${gain}: ` +
      `${rate(factor.needed)} times as much${bound}, ${subtasks(needed)}`,
  ];
}

function limitLines(
  { maxParallelism, partitions }: Vertex,
  { needed, limits, limited, aligned }: VertexReasoning = {},
  config: FlinkConfig,
): string[] {
  if (limits === undefined || limited === undefined) return [];
  const units = config.isSet(ownAutoscalerOptions.alignmentExpression)
    ? "by the expression"
    : `to ${partitions > 0 ? `${partitions} partitions` : `${maxParallelism} key groups`}`;
  return [
    ...(needed === limited ? [] : [`limits: from ${limits.lower} to ${limits.upper}: ${subtasks(limited)}`]),
    ...(aligned === undefined || aligned === limited ? [] : [`alignment: ${units}: ${subtasks(aligned)}`]),
  ];
}

function lastLine(
  { vertex, metrics, reasoning, isExcluded, recommended, job }: VertexToExplain,
  config: FlinkConfig,
): string {
  if (recommended !== undefined) {
    const change = `${vertex.parallelism} -> ${recommended}`;
    return job.outcome === "Scaled"
      ? `decided: ${change}`
      : `stopped: ${change} is recommended. ${job.message}`;
  }
  if (isExcluded)
    return `stopped: it is left alone, because ${vertex.isFinished ? "it has finished" : whyExcluded(vertex.id, config)}`;
  if (reasoning === undefined) return `stopped: ${job.message}`;
  if (reasoning.stop !== undefined) return `stopped: ${describeStop(reasoning.stop, reasoning, config)}`;
  return reasoning.isOutsideBound === true
    ? `stopped: ${job.message}`
    : `stopped: its rate is within the bounds ${rate(metrics.SCALE_UP_RATE_THRESHOLD?.current)} and ` +
        `${rate(metrics.SCALE_DOWN_RATE_THRESHOLD?.current)} records/s, and so is that of every other vertex`;
}

const whyExcluded = (id: VertexId, config: FlinkConfig): string => {
  const { vertexExcludeIds } = autoscalerOptions;
  return (readOption(config, vertexExcludeIds) ?? []).includes(id)
    ? `${vertexExcludeIds.key} names it`
    : "Flink does not say how busy it is";
};

function describeStop(stop: VertexStop, { dueAt }: VertexReasoning, config: FlinkConfig): string {
  const { scaleDownInterval, scalingParallelismAlignmentMode, scalingEffectivenessThreshold } =
    autoscalerOptions;
  switch (stop) {
    case "NotMeasured":
      return "how much it could process is not known";
    case "NoTarget":
      return "how much arrives is not known";
    case "Enough":
      return "it has the parallelism that it needs";
    case "Limited":
      return `${autoscalerOptions.vertexMinParallelism.key}, ${autoscalerOptions.vertexMaxParallelism.key} or its maximum parallelism allow no other`;
    case "Aligned":
      return `${scalingParallelismAlignmentMode.key} leads back to the parallelism that it has`;
    case "ScaleDownInterval":
      return dueAt === undefined
        ? "the recommendations of the last interval are for as much as it has"
        : `a scale-down waits for ${scaleDownInterval.key}, until ${new Date(dueAt).toISOString()}`;
    case "Undone":
      return `such a scaling was taken back, and the load has not changed by ${ownAutoscalerOptions.undoLoadChangeFactor.key} (${rate(readOption(config, ownAutoscalerOptions.undoLoadChangeFactor))}) since`;
    case "Ineffective":
      return `the last scale-up brought less of the expected gain than ${scalingEffectivenessThreshold.key} (${rate(readOption(config, scalingEffectivenessThreshold))})`;
  }
}

const subtasks = (count: number): string => `${rate(count)} ${count === 1 ? "subtask" : "subtasks"}`;

/** Four digits are enough for a person. */
function rate(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "an unknown number of";
  if (!Number.isFinite(value)) return "any number of";
  return String(Number(Math.abs(value) >= 10_000 ? value.toFixed(0) : value.toPrecision(4)));
}

const share = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? "an unknown share" : `${Math.round(value * 100)} %`;
