import type { EvaluatedMetrics, MetricName, VertexId } from "./model/metrics.ts";

/** The evaluated metrics that are shown for each vertex, and which of their values (REFERENCE 1.27). */
const shown: { readonly [Name in MetricName]?: readonly ("Current" | "Average")[] } = {
  LOAD: ["Current", "Average"],
  TRUE_PROCESSING_RATE: ["Current", "Average"],
  TARGET_DATA_RATE: ["Current", "Average"],
  CATCH_UP_DATA_RATE: ["Current"],
  LAG: ["Current"],
  PARALLELISM: ["Current"],
  RECOMMENDED_PARALLELISM: ["Current"],
  MAX_PARALLELISM: ["Current"],
  NUM_SOURCE_PARTITIONS: ["Current"],
  SCALE_UP_RATE_THRESHOLD: ["Current"],
  SCALE_DOWN_RATE_THRESHOLD: ["Current"],
  EXPECTED_PROCESSING_RATE: ["Current"],
};

export interface Gauge {
  readonly vertex: VertexId;
  readonly metric: MetricName;
  readonly kind: "Current" | "Average";
  /** NaN: there is no such value. */
  readonly value: number;
}

/** The gauges of all vertices that the job has now. Those of the Java operator never see a vertex that comes later. */
export const gaugesOf = (evaluated: EvaluatedMetrics): readonly Gauge[] =>
  [...evaluated.vertices].flatMap(([vertex, metrics]) =>
    Object.entries(shown).flatMap(([name, kinds]) =>
      kinds.map((kind): Gauge => {
        const metric = name as MetricName;
        const found = metrics[metric];
        const value = kind === "Current" ? found?.current : found?.average;
        return { vertex, metric, kind, value: value ?? Number.NaN };
      }),
    ),
  );
