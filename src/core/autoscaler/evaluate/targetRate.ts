import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { AutoscalerError } from "../model/autoscalerError.ts";
import {
  average,
  current,
  type EvaluatedValues,
  type MetricValues,
  type SampleHistory,
  type VertexId,
} from "../model/metrics.ts";
import { readSeconds } from "../model/readOption.ts";
import { isSource, type Topology, type Vertex } from "../model/topology.ts";
import { rateOf } from "../model/window.ts";

/** TARGET_DATA_RATE and CATCH_UP_DATA_RATE: what reaches a vertex, and what a backlog adds. Throws AutoscalerError. */
export function targetRates(
  vertex: Vertex,
  latest: MetricValues,
  history: SampleHistory,
  topology: Topology,
  evaluated: ReadonlyMap<VertexId, EvaluatedValues>,
  config: FlinkConfig,
): EvaluatedValues {
  if (isSource(vertex)) return sourceRates(vertex, latest, history, config);
  let target = 0;
  let catchUp = 0;
  for (const input of vertex.inputs.keys()) {
    const ratio = outputRatio(input, vertex, topology, history);
    const upstream = evaluated.get(input);
    target += (upstream?.TARGET_DATA_RATE?.average ?? Number.NaN) * ratio;
    catchUp += (upstream?.CATCH_UP_DATA_RATE?.current ?? Number.NaN) * ratio;
  }
  return { TARGET_DATA_RATE: average(target), CATCH_UP_DATA_RATE: current(catchUp) };
}

function sourceRates(
  { id }: Vertex,
  latest: MetricValues,
  history: SampleHistory,
  config: FlinkConfig,
): EvaluatedValues {
  const arriving = Math.max(0, rateOf("NUM_RECORDS_IN", id, history) + rateOf("LAG", id, history));
  if (Number.isNaN(arriving)) {
    throw new AutoscalerError("Cannot evaluate metrics without ingestion rate information");
  }
  const catchUpSeconds = readSeconds(config, autoscalerOptions.catchUpDuration);
  const catchUp = catchUpSeconds === 0 ? 0 : (latest.LAG ?? 0) / catchUpSeconds;
  return { TARGET_DATA_RATE: average(arriving), CATCH_UP_DATA_RATE: current(catchUp) };
}

/** How many records a vertex receives for one that the upstream vertex reads. 0 while nothing flows. */
function outputRatio(from: VertexId, to: Vertex, topology: Topology, history: SampleHistory): number {
  const read = rateOf("NUM_RECORDS_IN", from, history);
  if (!(read > 0)) return 0;
  const sent = edgeRate(from, to, topology, history);
  return sent > 0 ? sent / read : 0;
}

/**
 * Records per second on one edge, which Flink does not measure. They follow from what the receiver reads, unless another of
 * its inputs also sends elsewhere; then everything counts that the upstream vertex sends, to whomever.
 */
function edgeRate(from: VertexId, to: Vertex, topology: Topology, history: SampleHistory): number {
  const others = [...to.inputs.keys()].filter((input) => input !== from);
  if (others.some((other) => (topology.get(other)?.outputs.size ?? 0) > 1)) {
    return rateOf("NUM_RECORDS_OUT", from, history);
  }
  return others.reduce(
    (rest, other) => rest - rateOf("NUM_RECORDS_OUT", other, history),
    rateOf("NUM_RECORDS_IN", to.id, history),
  );
}
