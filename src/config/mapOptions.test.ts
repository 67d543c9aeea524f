import { describe, expect, it } from "vitest";
import { emptyConfig, flinkConfig } from "./flinkConfig.ts";
import { flinkOptions } from "./flinkOptions.ts";
import { withLayer, withMap } from "./mapOptions.ts";

const labels = flinkOptions.taskManagerLabels.key;
const layered = (...layers: Record<string, string>[]) =>
  Object.fromEntries(
    layers.map((layer) => new Map(Object.entries(layer))).reduce(withLayer, emptyConfig).entries,
  );

describe("a map of which layers have different forms", () => {
  it.each([
    ["a text below keys", [{ [labels]: "a:1,b:1" }, { [`${labels}.a`]: "2" }], { [labels]: "a:2,b:1" }],
    [
      "keys below a text",
      [{ [`${labels}.a`]: "1", [`${labels}.b`]: "1" }, { [labels]: "a:2" }],
      { [labels]: "a:2,b:1" },
    ],
    ["both in one layer", [{ [labels]: "a:1", [`${labels}.b`]: "2" }], { [labels]: "a:1,b:2" }],
    [
      "of Flink alone",
      [{ "pipeline.global-job-parameters": "a:1" }, { "pipeline.global-job-parameters.b": "2" }],
      { "pipeline.global-job-parameters": "a:1,b:2" },
    ],
    [
      "whose names continue each other",
      [{ [`${labels}.a`]: "1", [`${labels}.a.b`]: "2" }],
      { [labels]: "a:1,a.b:2" },
    ],
  ])("is one text with all entries: %s", (_, layers, expected) =>
    expect(layered(...layers)).toEqual(expected),
  );

  it.each([
    [
      "keys alone",
      [{ [`${labels}.a`]: "1" }, { [`${labels}.b`]: "2" }],
      { [`${labels}.a`]: "1", [`${labels}.b`]: "2" },
    ],
    ["a text over a text", [{ [labels]: "a:1" }, { [labels]: "b:2" }], { [labels]: "b:2" }],
    [
      "what is no map",
      [{ [labels]: "a" }, { [`${labels}.b`]: "2" }],
      { [labels]: "a", [`${labels}.b`]: "2" },
    ],
  ])("stays as it is: %s", (_, layers, expected) => expect(layered(...layers)).toEqual(expected));
});

it("a map that is set is the only value of its option", () => {
  const config = flinkConfig({ [`${labels}.a`]: "1", [`${labels}x`]: "2" });
  expect(
    Object.fromEntries(withMap(config, flinkOptions.taskManagerLabels, new Map([["b", "c"]])).entries),
  ).toEqual({
    [labels]: "b:c",
    [`${labels}x`]: "2",
  });
});
