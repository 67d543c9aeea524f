import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSameStored, withoutUndefined } from "./stored.ts";

describe("isSameStored", () => {
  it.each([
    [{ error: undefined }, {}],
    [{ jobStatus: { state: "RUNNING", jobId: undefined } }, { jobStatus: { state: "RUNNING" } }],
    [
      { a: 1, b: [1, { c: 2 }] },
      { b: [1, { c: 2, d: undefined }], a: 1 },
    ],
    [[undefined], [null]],
  ])("is true for %j and %j", (one, other) => {
    expect(isSameStored(one, other)).toBe(true);
    expect(isSameStored(other, one)).toBe(true);
  });

  it.each([
    [{ error: null }, {}],
    [{ a: 1 }, { a: "1" }],
    [
      { a: 1, b: undefined },
      { b: 1, a: undefined },
    ],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [1, undefined]],
    [[], {}],
    [{}, null],
  ])("is false for %j and %j", (one, other) => {
    expect(isSameStored(one, other)).toBe(false);
    expect(isSameStored(other, one)).toBe(false);
  });

  it("agrees with a comparison of the stored forms", () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(undefined, null, 0, 1, "", "a", true),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { noNullPrototype: true }),
      ),
    })).value;
    const object = fc.dictionary(fc.constantFrom("a", "b"), value, { noNullPrototype: true });
    fc.assert(
      fc.property(object, object, (one, other) => {
        expect(isSameStored(one, other)).toBe(
          isDeepStrictEqual(withoutUndefined(one), withoutUndefined(other)),
        );
      }),
      { numRuns: 500 },
    );
  });
});
