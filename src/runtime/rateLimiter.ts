import type { Clock } from "./clock.ts";
import { createRecentMap } from "./recentMap.ts";

export interface Rate {
  /** So many at once after a long pause. */
  readonly burst: number;
  /** Then one every so many milliseconds. */
  readonly intervalMs: number;
}

/** A token bucket for each key. */
export interface RateLimiter {
  /** Whether one more is allowed now; it then counts. */
  take(key: string): boolean;
}

/** `memory`: of so many keys it is known what they took; one forgotten may take all anew. */
export function createRateLimiter(
  { burst, intervalMs }: Rate,
  clock: Pick<Clock, "now">,
  memory: number,
): RateLimiter {
  /** When the bucket of a key will be, or was, full again. */
  const fullAt = createRecentMap<number>(memory);
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
