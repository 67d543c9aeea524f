import { describe, expect, it } from "vitest";
import { phases, readOptions, UsageError } from "./options.ts";

describe("the options of the bench", () => {
  it("has defaults", () => {
    const { sizes, phases: chosen, output } = readOptions([]);
    expect(sizes).toEqual([100]);
    expect([...chosen]).toEqual([...phases]);
    expect(output).toBeUndefined();
  });

  it("reads several sizes", () => {
    expect(readOptions(["--resources", "100,1000"]).sizes).toEqual([100, 1000]);
  });

  it("creates what the chosen phases need, in their order", () => {
    expect([...readOptions(["--phases", "deletion,rest"]).phases]).toEqual(["creation", "rest", "deletion"]);
  });

  it.each([
    ["--resources", "0"],
    ["--resources", "1,"],
    ["--phases", "holiday"],
    ["--rest-seconds", "soon"],
    ["--operator-command", "java"],
    ["--health-url", "http://127.0.0.1:1/"],
    ["--unknown", "1"],
  ])("refuses %s %s", (...args) => {
    expect(() => readOptions(args)).toThrow(UsageError);
  });
});
