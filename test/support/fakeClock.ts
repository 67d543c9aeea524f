import type { Clock } from "../../src/runtime/clock.ts";

export interface FakeClock extends Clock {
  /** Moves time forward and runs the timers that become due, in order; promises settle between any two timers. */
  advance(ms: number): Promise<void>;
  /** Moves to the next timer and runs it. False where there is none. */
  advanceToNext(): Promise<boolean>;
  /** Lets promises settle, without moving time. */
  settle(): Promise<void>;
  /** The pending timers, as milliseconds from now, the earliest first. */
  waiting(): number[];
}

interface Timer {
  due: number;
  run: () => void;
}

/** A clock that moves only when a test advances it. */
export function fakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start;
  const timers = new Set<Timer>();

  // A macrotask runs only once the microtask queue is empty, so one turn settles every chain of promises.
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  // Sorting is stable and a Set keeps its order: timers with the same due time run in the order of their creation.
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
