import { expect, test, vi } from "vitest";
import { sampleEventLoopDelay } from "./eventLoopDelay.ts";

test("tells by how much the event loop was held up", () => {
  vi.useFakeTimers();
  try {
    let time = 0;
    const delays: number[] = [];
    const stop = sampleEventLoopDelay(
      (ms) => delays.push(ms),
      () => time,
    );
    const turn = (ms: number) => {
      time += ms;
      vi.advanceTimersByTime(100);
    };
    turn(100);
    turn(100);
    turn(145);
    turn(100);
    expect(delays).toEqual([0, 0, 45, 0]);
    stop();
    turn(100);
    expect(delays).toHaveLength(4);
  } finally {
    vi.useRealTimers();
  }
});
