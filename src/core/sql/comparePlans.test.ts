import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { comparePlans, type PlannedOperator, type SqlPlan, stateLosses } from "./comparePlans.ts";

function operator(id: string, description: string, stateful = true): PlannedOperator {
  return { id, name: description.split("(")[0] ?? "", stateful, description };
}

function plan(...operators: PlannedOperator[]): SqlPlan {
  return { flink: "2.3.0", operators };
}

const source = operator("a1", "TableSourceScan(src)");
const sum = operator("a2", "GroupAggregate(SUM(v))");
const max = operator("a2", "GroupAggregate(MAX(v))");
const filter = operator("a3", "Calc(v > 5)", false);

test("an unchanged plan keeps all state", () => {
  const comparison = comparePlans(plan(source, sum), plan(source, sum));
  expect(comparison).toEqual({ kept: [source, sum], changed: [], new: [], gone: [] });
});

test("operators without state do not count", () => {
  const comparison = comparePlans(plan(source, sum), plan(source, filter, sum));
  expect(comparison).toEqual({ kept: [source, sum], changed: [], new: [], gone: [] });
});

test("another function under the same id is a change, though Flink restores it without an error", () => {
  const comparison = comparePlans(plan(source, sum), plan(source, max));
  expect(comparison).toEqual({ kept: [source], changed: [{ from: sum, to: max }], new: [], gone: [] });
  expect(comparison && stateLosses(comparison)).toEqual([
    "GroupAggregate(MAX(v)) would go on from the state of GroupAggregate(SUM(v))",
  ]);
});

test("an operator that lost its state under an id that has none now is gone", () => {
  const stateless = { ...sum, stateful: false };
  expect(comparePlans(plan(source, sum), plan(source, stateless))?.gone).toEqual([sum]);
  expect(comparePlans(plan(source, stateless), plan(source, sum))?.new).toEqual([sum]);
});

test("a query that the change moves is told from one that is removed", () => {
  const moved = { ...sum, id: "b2" };
  const joined = operator("b9", "Join(a = b)");
  const comparison = comparePlans(plan(source, sum, joined), plan(source, moved));
  expect(comparison).toEqual({ kept: [source], changed: [], new: [moved], gone: [sum, joined] });
  expect(comparison && stateLosses(comparison)).toEqual([
    "GroupAggregate(SUM(v)) starts again without state, because the change moves it in the graph",
    "the state of Join(a = b) is dropped",
  ]);
});

test("a new query loses nothing", () => {
  const comparison = comparePlans(plan(source), plan(source, sum));
  expect(comparison?.new).toEqual([sum]);
  expect(comparison && stateLosses(comparison)).toEqual([]);
});

describe("no comparison", () => {
  test("with a plan that is not known", () => {
    expect(comparePlans(plan(), plan(source))).toBeUndefined();
    expect(comparePlans(plan(source), plan())).toBeUndefined();
  });

  test("with a plan of another Flink version", () => {
    expect(comparePlans(plan(source), { ...plan(source), flink: "2.4.0" })).toBeUndefined();
  });
});

test("each operator with state is in exactly one list", () => {
  const operators = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom("1", "2", "3", "4", "5"),
      name: fc.constant("n"),
      stateful: fc.boolean(),
      description: fc.constantFrom("x", "y"),
    }),
    { selector: ({ id }) => id, minLength: 1 },
  );
  fc.assert(
    fc.property(operators, operators, (before, after) => {
      const comparison = comparePlans(plan(...before), plan(...after));
      if (comparison === undefined) throw new Error("not compared");
      const { kept, changed, new: added, gone } = comparison;
      const ids = (list: PlannedOperator[]) => list.map(({ id }) => id).sort();
      const stateful = (list: PlannedOperator[]) => list.filter((each) => each.stateful);
      expect(ids([...kept, ...changed.map(({ to }) => to), ...added])).toEqual(ids(stateful(after)));
      expect(ids([...kept, ...changed.map(({ from }) => from), ...gone])).toEqual(ids(stateful(before)));
    }),
  );
});
