import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import type { VertexId } from "../model/metrics.ts";
import { readOption } from "../model/readOption.ts";
import type { ScalingHistory, ScalingSummary, ScalingTracking } from "../model/state.ts";
import type { Topology } from "../model/topology.ts";
import type { StateView } from "./storedState.ts";

/** The stored scalings of the past, as many and as old as the configuration allows. */

export function historyOf(view: StateView, now: number, config: FlinkConfig): ScalingHistory {
  const keep = limitOf(now, config);
  return new Map(
    [...(view.get("scalingHistory") ?? [])].flatMap(([vertex, summaries]) => {
      const kept = keep(summaries);
      return kept.size === 0 ? [] : [[vertex, kept] as const];
    }),
  );
}

export const trackingOf = (view: StateView, now: number, config: FlinkConfig): ScalingTracking =>
  limitOf(now, config)(view.get("scalingTracking") ?? new Map());

function limitOf(now: number, config: FlinkConfig) {
  const oldest = now - readOption(config, autoscalerOptions.historyMaxAge);
  const count = readOption(config, autoscalerOptions.historyMaxCount);
  return <Value>(entries: ReadonlyMap<number, Value>): ReadonlyMap<number, Value> => {
    const kept = [...entries].filter(([at]) => at >= oldest);
    return new Map(kept.slice(Math.max(0, kept.length - count)));
  };
}

/** Removes what is stored of vertices that the job does not have any more. */
export function forgetMissingVertices(
  view: StateView,
  topology: Topology,
  now: number,
  config: FlinkConfig,
): void {
  const history = historyOf(view, now, config);
  const present = new Map([...history].filter(([vertex]) => topology.has(vertex)));
  if (present.size < history.size) view.put("scalingHistory", present);
}

export const withSummaries = (
  history: ScalingHistory,
  summaries: ReadonlyMap<VertexId, ScalingSummary>,
  now: number,
): ScalingHistory =>
  new Map([
    ...history,
    ...[...summaries].map(([id, summary]) => [id, new Map(history.get(id)).set(now, summary)] as const),
  ]);
