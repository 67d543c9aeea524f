import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareQuantities, parseQuantity, quantityToBytes, quantityToNumber } from "./quantity.ts";

const suffixes = [
  "n",
  "u",
  "m",
  "",
  "k",
  "M",
  "G",
  "T",
  "P",
  "E",
  "Ki",
  "Mi",
  "Gi",
  "Ti",
  "Pi",
  "Ei",
  "e3",
  "E-2",
];
const quantities = fc
  .tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: 0, max: 3 }), fc.constantFrom(...suffixes))
  .map(([number, decimals, suffix]) => `${(number / 10 ** decimals).toFixed(decimals)}${suffix}`);

describe("quantities", () => {
  it.each([
    ["500m", 0.5],
    ["2", 2],
    [2, 2],
    [".5", 0.5],
    ["1.", 1],
    ["+1k", 1000],
    ["-3", -3],
    ["1e3", 1000],
    ["1E3", 1000],
    ["2E", 2e18],
    ["1Ki", 1024],
    ["1.5Gi", 1.5 * 2 ** 30],
    ["100u", 0.0001],
  ])("reads %j", (text, number) => expect(quantityToNumber(parseQuantity(text))).toBe(number));

  it.each(["", "m", "1 Gi", "1gi", "1K", "0x10", "1e", "NaN", "1e1000"])("refuses %j", (text) => {
    expect(() => parseQuantity(text)).toThrow(expect.objectContaining({ name: "ValueError" }));
  });

  it.each([
    ["1Ki", 1024n],
    ["0.1Ki", 103n],
    ["1m", 1n],
    ["-1m", 0n],
    ["8Ei", 8n << 60n],
  ])("rounds %j up to bytes", (text, bytes) => expect(quantityToBytes(parseQuantity(text))).toBe(bytes));

  it("are equal in every notation", () => {
    const equal = (a: string, b: string) => compareQuantities(parseQuantity(a), parseQuantity(b)) === 0;
    expect(equal("1000m", "1")).toBe(true);
    expect(equal("1024Mi", "1Gi")).toBe(true);
    expect(equal("0.1", "100m")).toBe(true);
    expect(equal("1G", "1Gi")).toBe(false);
  });

  it("are ordered by their exact values", () => {
    fc.assert(
      fc.property(quantities, quantities, (a, b) => {
        const [left, right] = [parseQuantity(a), parseQuantity(b)];
        const order = compareQuantities(left, right);
        expect(order + compareQuantities(right, left)).toBe(0);
        // Rounding to doubles does not change the order.
        const difference = quantityToNumber(left) - quantityToNumber(right);
        expect(difference === 0 || Math.sign(difference) === order).toBe(true);
      }),
    );
  });
});
