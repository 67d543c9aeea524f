import type { KubeObject } from "../../api/kubernetes.ts";
import type { Clock } from "../../runtime/clock.ts";
import { isSameStored } from "../stored.ts";

/**
 * The statuses that wait to be written together with a later change (src/core/job/status/statusDelay.ts). Of a launch, the
 * status is kept, so that the next decisions begin with it. What was only observed is observed again.
 */
export interface UnwrittenStatuses {
  /** The resource with the status of its launch, unless somebody else has written another status since. */
  applyTo(key: string, stored: KubeObject): KubeObject;
  /**
   * How long a change of the stored status may still wait, in milliseconds, with the delay that it has as such. At 0 or less it
   * has to be written now. `launched`: the status to begin the next decisions with.
   */
  wait(key: string, stored: KubeObject, delayMs: number, launched?: unknown): number;
  /** The status is written, or as it is stored. */
  remove(key: string): void;
  readonly size: number;
}

interface Unwritten {
  readonly stored: unknown;
  readonly since: number;
  readonly launched?: unknown;
}

export function createUnwrittenStatuses(clock: Pick<Clock, "now">): UnwrittenStatuses {
  const unwritten = new Map<string, Unwritten>();

  function of(key: string, { status }: KubeObject): Unwritten | undefined {
    const known = unwritten.get(key);
    if (known === undefined || isSameStored(known.stored, status)) return known;
    unwritten.delete(key);
    return undefined;
  }

  return {
    applyTo(key, stored) {
      const launched = of(key, stored)?.launched;
      return launched === undefined ? stored : { ...stored, status: launched };
    },
    wait(key, stored, delayMs, launched) {
      if (delayMs <= 0) return 0;
      const now = clock.now();
      const known = of(key, stored) ?? { stored: stored.status, since: now };
      unwritten.set(key, launched === undefined ? known : { ...known, launched });
      return known.since + delayMs - now;
    },
    remove: (key) => void unwritten.delete(key),
    get size() {
      return unwritten.size;
    },
  };
}
