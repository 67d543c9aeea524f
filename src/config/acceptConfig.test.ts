import { describe, expect, it } from "vitest";
import { acceptConfig } from "./acceptConfig.ts";
import { flinkConfig } from "./flinkConfig.ts";
import { operatorOptions } from "./operatorOptions.ts";

const interval = operatorOptions.reconcileInterval;
const entries = (record: Record<string, string>) => new Map(Object.entries(record));

describe("an invalid value", () => {
  const read = entries({ [interval.key]: "soon", "parallelism.default": "3" });

  it("is refused by name, and the last good one is kept", () => {
    const last = flinkConfig({ [interval.key]: "20 s", "parallelism.default": "1" });
    const { config, refused } = acceptConfig(read, last);
    expect(refused).toEqual([{ key: interval.key, message: expect.stringMatching(/^kubernetes.*"soon"/) }]);
    expect(config.get(interval)).toBe(20_000);
    expect(config.entries.get("parallelism.default")).toBe("3");
  });

  it("is replaced by the default if there was none", () => {
    expect(acceptConfig(read, undefined).config.get(interval)).toBe(60_000);
  });

  it.each([
    [operatorOptions.recordingPort, "70000", "is no port: write a whole number, 0 to 65535"],
    [operatorOptions.recordingPort, "-1", "is no port: write a whole number, 0 to 65535"],
    [operatorOptions.recordingSize, "1 gb", "is more than 64 mb"],
  ])("of $key is refused out of its bounds: %s", (option, text, why) => {
    const { config, refused } = acceptConfig(entries({ [option.key]: text }), undefined);
    expect(refused).toEqual([{ key: option.key, message: `${option.key}: "${text}" ${why}` }]);
    expect(config.entries.size).toBe(0);
  });

  it("is refused under an older name, and as a default of a namespace or version", () => {
    const keys = [
      "kubernetes.operator.reconciler.reschedule.interval",
      `kubernetes.operator.default-configuration.namespace.team-a.${interval.key}`,
      `kubernetes.operator.default-configuration.flink-version.v1_20+.${interval.key}`,
      "kubernetes.operator.default-configuration.namespace.team-a.parallelism.default",
    ];
    const wrong = new Map(keys.map((key) => [key, "soon"] as const));
    const { config, refused } = acceptConfig(wrong, undefined);
    expect(refused.map(({ key }) => key)).toEqual(keys);
    expect(config.entries.size).toBe(0);
  });
});

it("reports unknown keys with the operator's prefixes", () => {
  const { unknown, refused, config } = acceptConfig(
    entries({
      "kubernetes.operator.reconcile.intervall": "1 min",
      "job.autoscaler.enabled": "true",
      "kubernetes.operator.metrics.reporter.slf4j.interval": "5 MINUTE",
      "kubernetes.operator.user.artifacts.http.header.Authorization": "x",
      "kubernetes.operator.default-configuration.namespace.a.kubernetes.operator.nothing": "x",
      "my.own.key": "x",
    }),
    undefined,
  );
  expect(unknown).toEqual([
    "kubernetes.operator.reconcile.intervall",
    "kubernetes.operator.default-configuration.namespace.a.kubernetes.operator.nothing",
  ]);
  expect(refused).toEqual([]);
  expect(config.entries.size).toBe(6);
});
