import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { backoffMs } from "./backoff.ts";
import { eventStream, type Source } from "./eventStream.ts";

class FakeSource implements Source {
  readonly listeners = new Map<string, (event: { data: string }) => void>();
  onopen: Source["onopen"] = null;
  onerror: Source["onerror"] = null;
  closed = false;
  addEventListener(name: string, listener: (event: { data: string }) => void): void {
    this.listeners.set(name, listener);
  }
  close(): void {
    this.closed = true;
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function opened() {
  const sources: FakeSource[] = [];
  const states: string[] = [];
  const events: unknown[] = [];
  const close = eventStream({
    url: "/api/fleet",
    names: ["rows"],
    onEvent: (name, data) => events.push([name, data]),
    onState: (state) => states.push(state),
    open: () => {
      const source = new FakeSource();
      sources.push(source);
      return source;
    },
  });
  return { sources, states, events, close };
}

const last = <T>(list: T[]): T => list.at(-1) as T;

test("hands on events, and says that it is live", () => {
  const { sources, states, events } = opened();
  last(sources).onopen?.(undefined as never);
  last(sources).listeners.get("rows")?.({ data: "[1]" });
  expect(events).toEqual([["rows", [1]]]);
  expect(states).toEqual(["connecting", "live"]);
});

test("is opened again after a failure, with growing pauses", () => {
  const { sources, states } = opened();
  for (let failure = 1; failure <= 3; failure += 1) {
    last(sources).onerror?.(undefined as never);
    expect(last(sources).closed).toBe(true);
    expect(last(states)).toBe("lost");
    vi.advanceTimersByTime(backoffMs(failure, 0) - 1);
    expect(sources).toHaveLength(failure);
    vi.advanceTimersByTime(backoffMs(failure, 1) + 1);
    expect(sources).toHaveLength(failure + 1);
  }
});

test("is not opened again once it is closed", () => {
  const { sources, close } = opened();
  last(sources).onerror?.(undefined as never);
  close();
  vi.advanceTimersByTime(60_000);
  expect(sources).toHaveLength(1);
});

test("the pauses grow from half a second to half a minute", () => {
  expect(backoffMs(1, 0)).toBe(500);
  expect(backoffMs(2, 1)).toBe(2000);
  expect(backoffMs(50, 1)).toBe(30_000);
});
