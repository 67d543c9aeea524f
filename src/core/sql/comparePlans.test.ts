import fc from "fast-check";
import { expect, test } from "vitest";
import { type ComparedOperator, compareOperators, stateLosses } from "./comparePlans.ts";

const source = { id: "a1", description: "TableSourceScan(src)" };
const sum = { id: "a2", description: "GroupAggregate(SUM(v))" };
const max = { id: "a2", description: "GroupAggregate(MAX(v))" };

test("an unchanged plan keeps all state", () => {
  const comparison = compareOperators([source, sum], [source, sum]);
  expect(comparison).toEqual({ kept: [source, sum], changed: [], new: [], gone: [] });
});

test("another function under the same id is a change, though Flink restores it without an error", () => {
  const comparison = compareOperators([source, sum], [source, max]);
  expect(comparison).toEqual({ kept: [source], changed: [{ from: sum, to: max }], new: [], gone: [] });
  expect(stateLosses(comparison)).toEqual([
    "GroupAggregate(MAX(v)) would go on from the state of GroupAggregate(SUM(v))",
  ]);
});

test("a query that the change moves is told from one that is removed", () => {
  const moved = { ...sum, id: "b2" };
  const joined = { id: "b9", description: "Join(a = b)" };
  const comparison = compareOperators([source, sum, joined], [source, moved]);
  expect(comparison).toEqual({ kept: [source], changed: [], new: [moved], gone: [sum, joined] });
  expect(stateLosses(comparison)).toEqual([
    "GroupAggregate(SUM(v)) starts again without state, because the change moves it in the graph",
    "the state of Join(a = b) is dropped",
  ]);
});

test("a new query loses nothing", () => {
  const comparison = compareOperators([source], [source, sum]);
  expect(comparison.new).toEqual([sum]);
  expect(stateLosses(comparison)).toEqual([]);
});

test("each operator is in exactly one list", () => {
  const operators = fc.uniqueArray(
    fc.record({ id: fc.constantFrom("1", "2", "3", "4", "5"), description: fc.constantFrom("x", "y") }),
    { selector: ({ id }) => id },
  );
  fc.assert(
    fc.property(operators, operators, (before, after) => {
      const { kept, changed, new: added, gone } = compareOperators(before, after);
      const ids = (list: readonly ComparedOperator[]) => list.map(({ id }) => id).sort();
      expect(ids([...kept, ...changed.map(({ to }) => to), ...added])).toEqual(ids(after));
      expect(ids([...kept, ...changed.map(({ from }) => from), ...gone])).toEqual(ids(before));
    }),
  );
});
