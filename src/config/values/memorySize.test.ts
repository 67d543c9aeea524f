import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeMemorySize, formatMemorySize, maxMemorySize, parseMemorySize } from "./memorySize.ts";

const sizes = fc.bigInt({ min: 0n, max: maxMemorySize });

describe("memory sizes", () => {
  it.each([
    ["1024", 1024n],
    ["7b", 7n],
    ["7 bytes", 7n],
    ["2k", 2048n],
    ["2 KB", 2048n],
    [" 1600m ", 1600n << 20n],
    ["3 mebibytes", 3n << 20n],
    ["2gb", 2n << 30n],
    ["1t", 1n << 40n],
  ])("reads %j", (text, bytes) => expect(parseMemorySize(text)).toBe(bytes));

  it.each(["", "m", "1.5g", "-1m", "2Gi", "2 g b", "1e3", "9223372036854775808", "9000000t"])(
    "refuses %j",
    (text) => {
      expect(() => parseMemorySize(text)).toThrow(expect.objectContaining({ name: "ValueError" }));
    },
  );

  it.each([
    [2n << 30n, "2 gb"],
    [1536n << 20n, "1536 mb"],
    [1n, "1 bytes"],
    [0n, "0 bytes"],
    // As in Flink: a size that is whole in every unit is in bytes.
    [1n << 40n, "1099511627776 bytes"],
  ])("writes %s as Flink does", (bytes, text) => expect(formatMemorySize(bytes)).toBe(text));

  it("describes them as Flink's messages do", () => {
    expect(describeMemorySize(256n << 20n)).toBe("256.000mb (268435456 bytes)");
    expect(describeMemorySize(0n)).toBe("0 bytes");
    expect(describeMemorySize(1n << 30n)).toBe("1024.000mb (1073741824 bytes)");
  });

  it("round-trip", () => {
    fc.assert(fc.property(sizes, (bytes) => parseMemorySize(formatMemorySize(bytes)) === bytes));
  });
});
