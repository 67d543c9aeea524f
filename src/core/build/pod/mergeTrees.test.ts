import { describe, expect, it } from "vitest";
import { mergeTrees } from "./mergeTrees.ts";

const main = { name: "main", image: "a", env: [{ name: "X", value: "1" }] };
const sidecar = { name: "sidecar", image: "s" };

describe("merging trees", () => {
  it.each([
    [{ a: 1, b: { c: 1 } }, { b: { d: 2 } }, { a: 1, b: { c: 1, d: 2 } }],
    [{ a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
    [{ a: 1 }, { a: null }, { a: 1 }],
    [{ a: [{ b: 1 }, { c: 2 }] }, { a: [{ d: 3 }] }, { a: [{ b: 1, d: 3 }, { c: 2 }] }],
    [{ a: [1] }, { a: [{ b: 1 }, 2] }, { a: [{ b: 1 }, 2] }],
    // For strings in lists the reference keeps the base's value.
    [{ command: ["wget", "x"] }, { command: ["curl"] }, { command: ["curl", "x"] }],
  ])("%j and %j by position", (base, over, merged) => expect(mergeTrees(base, over, false)).toEqual(merged));

  it("merges lists by name if configured, in the base's order", () => {
    const over = { containers: [{ name: "new" }, { ...main, image: "b", env: [{ name: "Y", value: "2" }] }] };
    expect(mergeTrees({ containers: [sidecar, main] }, over, true)).toEqual({
      containers: [
        sidecar,
        {
          name: "main",
          image: "b",
          env: [
            { name: "X", value: "1" },
            { name: "Y", value: "2" },
          ],
        },
        { name: "new" },
      ],
    });
  });

  it("merges by position if an element has no name", () => {
    expect(mergeTrees({ a: [{ name: "x" }, { b: 1 }] }, { a: [{ name: "y" }] }, true)).toEqual({
      a: [{ name: "y" }, { b: 1 }],
    });
  });

  it("does not modify its inputs", () => {
    const base = { containers: [structuredClone(main)] };
    mergeTrees(base, { containers: [{ image: "b", env: [{ value: "2" }] }] }, false);
    expect(base).toEqual({ containers: [main] });
  });
});
