import type { Clock } from "../../src/runtime/clock.ts";

export interface FakeClock extends Clock {
  /** Moves time forward and runs what falls due on the way, in order; promises settle between any two timers. */
  advance(ms: number): Promise<void>;
  /** Moves to the next timer and runs it. False where there is none. */
  advanceToNext(): Promise<boolean>;
  /** Lets the promises that are ready run to their end, without moving time. */
  settle(): Promise<void>;
  /** Timers that wait, as milliseconds from now, soonest first. */
  waiting(): number[];
}

interface Timer {
  due: number;
  run: () => void;
}

/** A clock that stands still until it is told otherwise. */
export function fakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start;
  const timers = new Set<Timer>();

  // A macrotask runs only once the microtask queue is empty, so one turn settles every chain of promises.
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  // Sorting is stable and a Set keeps its order: timers due at the same moment run in the order they were set.
  const inOrder = () => [...timers].sort((a, b) => a.due - b.due);

  async function fire(timer: Timer): Promise<void> {
    timers.delete(timer);
    now = timer.due;
    timer.run();
    await settle();
  }

  return {
    now: () => now,
    after(ms, run) {
      const timer = { due: now + Math.max(0, ms), run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      await settle();
      const end = now + ms;
      for (let next = inOrder()[0]; next !== undefined && next.due <= end; next = inOrder()[0]) {
        await fire(next);
      }
      now = end;
    },
    async advanceToNext() {
      await settle();
      const next = inOrder()[0];
      if (next === undefined) return false;
      await fire(next);
      return true;
    },
    settle,
    waiting: () => inOrder().map((timer) => timer.due - now),
  };
}
