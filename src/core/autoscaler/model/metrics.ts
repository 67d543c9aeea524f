/** The autoscaler's own metrics, by the names that the stored state and the gauges have (Java operator: ScalingMetric). */
export const metricNames = [
  "LOAD",
  "TRUE_PROCESSING_RATE",
  "OBSERVED_TPR",
  "TARGET_DATA_RATE",
  "CATCH_UP_DATA_RATE",
  "LAG",
  "PARALLELISM",
  "RECOMMENDED_PARALLELISM",
  "MAX_PARALLELISM",
  "NUM_SOURCE_PARTITIONS",
  "SCALE_UP_RATE_THRESHOLD",
  "SCALE_DOWN_RATE_THRESHOLD",
  "EXPECTED_PROCESSING_RATE",
  "NUM_RECORDS_IN",
  "NUM_RECORDS_OUT",
  "NUM_RECORDS_IN_PER_SECOND",
  "ACCUMULATED_BUSY_TIME",
  "GC_PRESSURE",
  "HEAP_MAX_USAGE_RATIO",
  "HEAP_MEMORY_USED",
  "METASPACE_MEMORY_USED",
  "MANAGED_MEMORY_USED",
  "NUM_TASK_SLOTS_USED",
] as const;

export type MetricName = (typeof metricNames)[number];

/** A job vertex: 32 hexadecimal digits. */
export type VertexId = string;

/** Rates are per second, times in milliseconds, memory in bytes, shares between 0 and 1. */
export type MetricValues = { readonly [Name in MetricName]?: number };

/** What one cycle measured. */
export interface Sample {
  readonly vertices: ReadonlyMap<VertexId, MetricValues>;
  readonly global: MetricValues;
}

/** Samples by their time, in milliseconds since the epoch, oldest first. */
export type SampleHistory = ReadonlyMap<number, Sample>;

/** A metric over the window. NaN: there is no such value. */
export interface Evaluated {
  /** Of the newest sample. */
  readonly current: number;
  readonly average: number;
}

export type EvaluatedValues = { readonly [Name in MetricName]?: Evaluated };

export interface EvaluatedMetrics {
  readonly vertices: ReadonlyMap<VertexId, EvaluatedValues>;
  readonly global: EvaluatedValues;
}

/** Both values are rounded, as all that is compared later (AUTOSCALER 3). */
export const current = (value: number): Evaluated => ({ current: roundMetric(value), average: Number.NaN });
export const average = (value: number): Evaluated => ({ current: Number.NaN, average: roundMetric(value) });
export const currentAndAverage = (now: number, mean: number): Evaluated => ({
  current: roundMetric(now),
  average: roundMetric(mean),
});

/**
 * Rounds to three decimals, halves away from zero, on the shortest decimal text of the double. What would become 0 stays as
 * it is, and so do NaN and infinity.
 */
export function roundMetric(value: number): number {
  if (!Number.isFinite(value)) return value;
  const rounded = roundDecimal(value, 3, "half");
  return rounded === 0 ? value : rounded;
}

/** Rounds the shortest decimal text of a finite double. "up": towards positive infinity. */
export function roundDecimal(value: number, decimals: number, mode: "half" | "up"): number {
  const [mantissa = "", exponent = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const drop = digits.length - 1 - Number(exponent) - decimals;
  if (drop <= 0) return value;
  const unit = 10n ** BigInt(drop);
  const whole = BigInt(digits) / unit;
  const rest = BigInt(digits) % unit;
  const up = mode === "half" ? 2n * rest >= unit : rest > 0n && value > 0;
  return Math.sign(value) * Number(`${whole + (up ? 1n : 0n)}e-${decimals}`);
}
