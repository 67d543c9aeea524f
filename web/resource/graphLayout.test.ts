import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JobGraph } from "../../src/dashboard/contract.ts";
import { layoutGraph, NODE, wrapName } from "./graphLayout.ts";

const graphOf = (ids: string[], pairs: [string, string][]): JobGraph => ({
  vertices: ids.map((id) => ({ id, name: id, parallelism: 1, status: "RUNNING" })),
  edges: pairs.map(([from, to]) => ({ from, to, ship: "HASH" })),
});

const columnOf = (graph: JobGraph, id: string) =>
  ((layoutGraph(graph).places.get(id)?.x ?? -1) - NODE.margin) / (NODE.width + NODE.gapX);

test("each vertex is behind all of its inputs", () => {
  const graph = graphOf(
    ["sink", "join", "a", "b"],
    [
      ["a", "join"],
      ["b", "join"],
      ["join", "sink"],
      ["a", "sink"],
    ],
  );
  expect(["a", "b", "join", "sink"].map((id) => columnOf(graph, id))).toEqual([0, 0, 1, 2]);
});

test("two lines do not cross", () => {
  const graph = graphOf(
    ["a", "b", "x", "y"],
    [
      ["a", "y"],
      ["b", "x"],
    ],
  );
  const { places } = layoutGraph(graph);
  const y = (id: string) => places.get(id)?.y ?? 0;
  expect(Math.sign(y("a") - y("b"))).toBe(Math.sign(y("y") - y("x")));
});

describe("every graph", () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  const graphs = fc
    .array(fc.tuple(fc.constantFrom(...ids, "unknown"), fc.constantFrom(...ids)), { maxLength: 15 })
    .map((pairs) => graphOf(ids, pairs));

  test("is placed whole, without overlaps, within its size", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const { places, width, height } = layoutGraph(graph);
        const all = [...places.values()];
        expect(all.map(({ id }) => id).sort()).toEqual(ids);
        expect(new Set(all.map(({ x, y }) => `${x} ${y}`)).size).toBe(ids.length);
        for (const { x, y } of all) {
          expect(x + NODE.width <= width && y + NODE.height <= height).toBe(true);
        }
      }),
    );
  });
});

test("nothing has a size, too", () => {
  expect(layoutGraph(graphOf([], []))).toMatchObject({ width: NODE.width + 2 * NODE.margin });
});

test.each([
  ["Source: orders", ["Source: orders"]],
  ["Window(TumblingEventTimeWindows(60000))", ["Window(TumblingEvent", "TimeWindows(60000))"]],
  ["Source: orders -> Map -> Filter -> Sink: somewhere else", ["Source: orders ->", "Map -> Filter ->…"]],
])("the name %j in two lines", (name, lines) => expect(wrapName(name, 20, 2)).toEqual(lines));
