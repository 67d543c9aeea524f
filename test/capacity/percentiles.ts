/** What a set of measured values is reported as. The unit is that of the values. */
export interface Distribution {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** By the nearest rank, so each figure is a value that was measured. Undefined for no values. */
export function distributionOf(values: readonly number[]): Distribution | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  const [p50, p99, max] = [at(0.5), at(0.99), at(1)];
  if (p50 === undefined || p99 === undefined || max === undefined) return undefined;
  return { count: sorted.length, p50, p99, max };
}
