import { afterEach, expect, test, vi } from "vitest";
import { currentTurn, isTurn } from "./turn.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("TEST_TURN names the turn", () => {
  vi.stubEnv("TEST_TURN", "12");
  expect(currentTurn()).toBe(12);
});

test("a turn that is not a number is refused", () => {
  vi.stubEnv("TEST_TURN", "last");
  expect(() => currentTurn()).toThrow('TEST_TURN is "last"; it must be a number, 0 or more');
});

test("in N consecutive turns, each of N parts runs once", () => {
  for (const index of [0, 5, 15]) {
    const turns = Array.from({ length: 16 }, (_, turn) => isTurn(index, 16, 1_000 + turn));
    expect(turns.filter(Boolean)).toHaveLength(1);
  }
});
