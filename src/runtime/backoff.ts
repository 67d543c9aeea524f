export interface Backoff {
  /** The first delay, and the least of any. */
  floorMs: number;
  /** The most that a delay grows to, jitter included. */
  capMs: number;
  factor: number;
}

/**
 * The delay before the next try after `failures` failures in a row (1 is the first). A third of it is left to
 * chance, so that many who failed together do not come back together.
 */
export function backoffDelay(backoff: Backoff, failures: number, random: () => number): number {
  const { floorMs, capMs, factor } = backoff;
  const top = Math.min(capMs, 1.5 * floorMs * factor ** Math.max(0, failures - 1));
  return Math.max(Math.min(floorMs, capMs), Math.round((top * (2 + random())) / 3));
}
