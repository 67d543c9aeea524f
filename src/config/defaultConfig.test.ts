import { expect, test } from "vitest";
import { defaultConfig } from "./defaultConfig.ts";
import { flinkConfig } from "./flinkConfig.ts";

test("is computed once for all namespaces without defaults of their own", () => {
  const config = flinkConfig({
    "parallelism.default": "1",
    "kubernetes.operator.default-configuration.namespace.own.parallelism.default": "2",
  });
  const parallelism = (namespace: string) =>
    defaultConfig(config, namespace, "v1_20").entries.get("parallelism.default");
  expect([parallelism("a"), parallelism("own"), parallelism("b")]).toEqual(["1", "2", "1"]);
  expect(defaultConfig(config, "a", "v1_20")).toBe(defaultConfig(config, "b", "v1_20"));
  expect(defaultConfig(config, "a", "v1_20")).not.toBe(defaultConfig(config, "a", "v2_0"));
});
