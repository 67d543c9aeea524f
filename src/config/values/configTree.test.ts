import { describe, expect, it } from "vitest";
import { findOverlappingKeys, flattenConfiguration } from "./configTree.ts";

describe("flattening", () => {
  it.each([
    [{ a: { "b.c": 1, d: true } }, { "a.b.c": "1", "a.d": "true" }],
    [{ "a.b": 1, a: { b: 2 } }, { "a.b": "2" }],
    [{ a: ["x", "y;z"] }, { a: "x;'y;z'" }],
    [
      { a: null, b: 0.5, c: 1e-7, d: 24, e: "" },
      { a: "null", b: "0.5", c: "1.0E-7", d: "24", e: "" },
    ],
    [{ a: {} }, {}],
    [undefined, {}],
    [null, {}],
    ["text", {}],
    [["list"], {}],
  ])("%j", (tree, flat) => expect(Object.fromEntries(flattenConfiguration(tree))).toEqual(flat));
});

describe("overlapping keys", () => {
  it.each([
    [["a.b", "a.b.c"], [{ shorter: "a.b", longer: "a.b.c" }]],
    [["a.b.c.d", "a"], [{ shorter: "a", longer: "a.b.c.d" }]],
    [["a.b", "a.bc", "ab"], []],
  ])("%j", (keys, overlap) => expect(findOverlappingKeys(keys)).toEqual(overlap));
});
