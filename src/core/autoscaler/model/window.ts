import type { MetricName, SampleHistory, VertexId } from "./metrics.ts";

/** Sums over the samples of the window. Samples that lack the metric, or have NaN, do not count. */

function valuesOf(
  metric: MetricName,
  vertex: VertexId | undefined,
  history: SampleHistory,
): [at: number, value: number][] {
  return [...history].flatMap(([at, { vertices, global }]) => {
    const value = (vertex === undefined ? global : vertices.get(vertex))?.[metric] ?? Number.NaN;
    return Number.isNaN(value) ? [] : [[at, value] as [number, number]];
  });
}

/** The mean of the finite values; NaN if there are fewer than `least`, and infinity if all are infinite. `vertex` undefined: of the cluster. */
export function averageOf(
  metric: MetricName,
  vertex: VertexId | undefined,
  history: SampleHistory,
  least = 1,
): number {
  const values = valuesOf(metric, vertex, history).map(([, value]) => value);
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return values.length > 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  return finite.length < least ? Number.NaN : finite.reduce((sum, value) => sum + value, 0) / finite.length;
}

/** The increase of a counter per second, between the first and the last sample. NaN: fewer than two samples. */
export function rateOf(metric: MetricName, vertex: VertexId, history: SampleHistory): number {
  const values = valuesOf(metric, vertex, history);
  const [first, last] = [values[0], values.at(-1)];
  if (values.length < 2 || first === undefined || last === undefined) return Number.NaN;
  return ((last[1] - first[1]) * 1_000) / Math.max(1, last[0] - first[0]);
}
