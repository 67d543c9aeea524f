import type { Clock } from "../runtime/clock.ts";

/**
 * Lets few run at once, in the order in which they came. One that takes longer than usual gives up its place without
 * being ended: it then costs no more than its socket, and those behind it do not wait for it. So n hung JobManagers
 * hold the lane for n short moments, not for n deadlines.
 */
export interface RequestLimiter {
  enter(run: () => Promise<void>): void;
  readonly waiting: number;
  readonly running: number;
}

export function createRequestLimiter(clock: Clock, places: number, slowAfterMs: number): RequestLimiter {
  const waiting = new Set<() => Promise<void>>();
  let running = 0;

  function admit(): void {
    for (const run of waiting) {
      if (running >= places) {
        return;
      }
      waiting.delete(run);
      running += 1;
      let left = false;
      const leave = () => {
        if (!left) {
          left = true;
          cancel();
          running -= 1;
          admit();
        }
      };
      const cancel = clock.after(slowAfterMs, leave);
      run().then(leave, leave);
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
