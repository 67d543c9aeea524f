import type { Clock } from "../runtime/clock.ts";

/**
 * Limits how many requests run at once, in the order of arrival. A slow request stops counting after `slowAfterMs`, without
 * being aborted: it then only holds its socket, and later requests do not wait for it. So n hung JobManagers block the
 * limiter for n short moments, not for n deadlines.
 */
export interface RequestLimiter {
  enter(run: () => Promise<void>): void;
  readonly waiting: number;
  readonly running: number;
}

export function createRequestLimiter(clock: Clock, limit: number, slowAfterMs: number): RequestLimiter {
  const waiting = new Set<() => Promise<void>>();
  let running = 0;

  function admit(): void {
    for (const run of waiting) {
      if (running >= limit) {
        return;
      }
      waiting.delete(run);
      running += 1;
      let released = false;
      const release = () => {
        if (!released) {
          released = true;
          cancel();
          running -= 1;
          admit();
        }
      };
      const cancel = clock.after(slowAfterMs, release);
      run().then(release, release);
    }
  }

  return {
    enter(run) {
      waiting.add(run);
      admit();
    },
    get waiting() {
      return waiting.size;
    },
    get running() {
      return running;
    },
  };
}
