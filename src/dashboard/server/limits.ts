import type { Clock } from "../../runtime/clock.ts";
import { createRateLimiter, type Rate } from "../../runtime/rateLimiter.ts";
import { HttpError } from "./httpError.ts";

/** How often each address, and each session, may ask. */
export const rates = {
  request: { burst: 300, intervalMs: 50 },
  write: { burst: 30, intervalMs: 1_000 },
  login: { burst: 10, intervalMs: 6_000 },
} as const satisfies Record<string, Rate>;

export interface Limits {
  /** Counts one for each of the keys. Throws an HttpError if there are too many. */
  count(what: keyof typeof rates, ...keys: readonly string[]): void;
}

const trackedKeys = 10_000;

export function createLimits(clock: Pick<Clock, "now">): Limits {
  const limiters = Object.fromEntries(
    Object.entries(rates).map(([what, rate]) => [what, createRateLimiter(rate, clock, trackedKeys)]),
  );
  return {
    count(what, ...keys) {
      for (const key of keys)
        if (limiters[what]?.take(key) === false)
          throw new HttpError(429, "There are too many requests: wait a moment.");
    },
  };
}
