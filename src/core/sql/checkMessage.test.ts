import { expect, test } from "vitest";
import { readCheckMessage, SCRIPT_IS_RIGHT } from "./checkMessage.ts";

const message = (checked: object) => JSON.stringify({ checked });
const sum = { id: "a", description: "GroupAggregate(SUM(v))" };

test("a wrong script", () => {
  const text = '{"sql":{"message":"sql: line 5, column 22: x","file":"job.sql","line":5,"column":22}}';
  expect(readCheckMessage(text)).toEqual({ problem: "sql: line 5, column 22: x" });
});

test("a script that keeps all state, or whose state is of no interest", () => {
  expect(readCheckMessage(SCRIPT_IS_RIGHT)).toEqual({});
  expect(readCheckMessage(message({ running: [], next: [] }))).toEqual({});
  expect(readCheckMessage(message({ running: [], next: [sum] }))).toEqual({});
});

test("what becomes of state that is not kept, and how much more there is", () => {
  const max = { id: "a", description: "GroupAggregate(MAX(v))" };
  expect(readCheckMessage(message({ running: [sum], next: [max], left: 3 }))).toEqual({
    stateLosses: [
      "GroupAggregate(MAX(v)) would go on from the state of GroupAggregate(SUM(v))",
      "and 3 more operators differ",
    ],
  });
});

test("why the state was not compared", () => {
  expect(readCheckMessage(message({ unknown: "a file is gone" }))).toEqual({ uncompared: "a file is gone" });
});

test.each(["", "Error: Could not find or load main class", "[]", "7", "null", "{}"])(
  "no result: %s",
  (text) => {
    expect(readCheckMessage(text)).toBeUndefined();
  },
);
