import type { Clock } from "./clock.ts";
import { createRecentMap } from "./recentMap.ts";

export interface Rate {
  /** How many are allowed at once after a long pause. */
  readonly burst: number;
  /** After that, one per this many milliseconds. */
  readonly intervalMs: number;
}

/** A token bucket per key. */
export interface RateLimiter {
  /** Returns whether one more is allowed now, and counts it. */
  take(key: string): boolean;
}

/** `cacheSize`: how many keys are tracked. An evicted key starts with a full bucket. */
export function createRateLimiter(
  { burst, intervalMs }: Rate,
  clock: Pick<Clock, "now">,
  cacheSize: number,
): RateLimiter {
  /** When the bucket of a key is full again. */
  const fullAt = createRecentMap<number>(cacheSize);
  return {
    take(key) {
      const now = clock.now();
      const next = Math.max(fullAt.get(key) ?? now, now) + intervalMs;
      if (next - now > burst * intervalMs) return false;
      fullAt.set(key, next);
      return true;
    },
  };
}
