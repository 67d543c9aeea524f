import { expect, it } from "vitest";
import { flinkConfig } from "./flinkConfig.ts";
import { operatorOptions } from "./operatorOptions.ts";
import { watchedNamespaces } from "./watchedNamespaces.ts";

const configured = (names: string) => flinkConfig({ [operatorOptions.watchedNamespaces.key]: names });

it.each([
  ["", undefined, undefined],
  ["JOSDK_ALL_NAMESPACES", undefined, undefined],
  ["b, a,,b", undefined, ["a", "b"]],
  ["b", "a", ["a"]],
  ["b", "", ["b"]],
  ["b", "JOSDK_ALL_NAMESPACES", undefined],
])("option %j and WATCH_NAMESPACES %j: %j", (option, variable, expected) => {
  expect(watchedNamespaces(configured(option), variable)).toEqual(expected);
});
