import { describe, expect, test } from "vitest";
import { compileExpression, evaluateExpression, type SideFacts } from "./expression.ts";

const side = (more: Partial<SideFacts> = {}): SideFacts => ({
  pendingRecords: 100,
  recordsPerSecond: 2.5,
  failures: 0,
  completedCheckpoints: 3,
  jobState: "RUNNING",
  ...more,
});
const evaluate = (text: string, next: Partial<SideFacts> = {}, old: Partial<SideFacts> = {}) =>
  evaluateExpression(text, { new: side(next), old: side(old) });

describe("an expression over both sides", () => {
  test.each([
    ["new.pendingRecords <= 1.5 * old.pendingRecords", true],
    ["new.pendingRecords < old.pendingRecords", false],
    ['new.jobState == "RUNNING" && new.completedCheckpoints >= 3', true],
    ["new.recordsPerSecond >= 0.9 * old.recordsPerSecond", true],
    ['new.jobState in ["FAILED", "FAILING"]', false],
  ])("%s is %s", (text, holds) => {
    expect(evaluate(text)).toEqual({ holds });
  });

  test("has no value where a fact that it depends on is not known", () => {
    const text = "new.pendingRecords <= 2 * old.pendingRecords";

    expect(evaluate(text, {}, { pendingRecords: undefined })).toEqual({
      missing: "No such key: pendingRecords",
    });
    expect(evaluate("new.pendingRecords / old.failures > 1")).toEqual({ missing: "division by zero" });
  });

  test("may say what holds for a fact that is not known", () => {
    const text = "!has(old.pendingRecords) || new.pendingRecords <= old.pendingRecords";

    expect(evaluate(text, {}, { pendingRecords: undefined })).toEqual({ holds: true });
  });

  test.each([
    ["new.pendingRecords >", "at character 21: Unexpected token: EOF"],
    ["new.pending > 1", "at character 5: No such key: pending"],
    ["green.failures > 1", "at character 1: Unknown variable: green"],
    ["new.failures", "it gives a value of the type int, and must give a bool"],
    ['new.jobState.matches("(a+)+$")', "matches cannot be used here, but has, int, double"],
    ["[1, 2].all(x, x > 1)", "all cannot be used here, but has, int, double"],
    ['size("abc") == 3', "size cannot be used here, but has, int, double"],
    [`${"true && ".repeat(150)}true`, "it has 1204 characters, and may have 1000"],
    [`${"!".repeat(500)}true`, ""],
    [`${"(".repeat(300)}true${")".repeat(300)}`, ""],
  ])("%s is refused", (text, message) => {
    expect(compileExpression(text)).toEqual({ error: expect.stringContaining(message) });
  });

  test("is compiled once", () => {
    expect(compileExpression("new.failures == 0")).toBe(compileExpression("new.failures == 0"));
  });
});
