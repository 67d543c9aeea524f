export interface Backoff {
  /** The first and shortest delay. */
  floorMs: number;
  /** The longest delay, including jitter. */
  capMs: number;
  factor: number;
}

/**
 * The delay before the next try after `failures` consecutive failures (1 is the first). A third of it is random, so that
 * many keys that failed together are not retried together.
 */
export function backoffDelay(backoff: Backoff, failures: number, random: () => number): number {
  const { floorMs, capMs, factor } = backoff;
  const top = Math.min(capMs, 1.5 * floorMs * factor ** Math.max(0, failures - 1));
  return Math.max(Math.min(floorMs, capMs), Math.round((top * (2 + random())) / 3));
}
