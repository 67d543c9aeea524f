import { describe, expect, it } from "vitest";
import { emptyConfig, flinkConfig } from "./flinkConfig.ts";
import { flinkOptions, isHighAvailabilityEnabled, restPort } from "./flinkOptions.ts";
import { boolean, commaList, declare, double, float, integer, list, oneOf } from "./option.ts";

const option = declare("flink");
const port = option("port", integer, "", {
  default: "1",
  fallbackKeys: ["other"],
  deprecatedKeys: ["old", "older"],
});

describe("reading an option", () => {
  it.each([
    [{}, 1],
    [{ older: "2" }, 2],
    [{ older: "2", old: "3" }, 3],
    [{ older: "2", old: "3", other: "4" }, 4],
    [{ older: "2", old: "3", other: "4", port: "5" }, 5],
  ])("%j", (entries, value) => expect(flinkConfig(entries).get(port)).toBe(value));

  it("names the key with an invalid value", () => {
    expect(() => flinkConfig({ old: "x" }).get(port)).toThrow(
      expect.objectContaining({
        name: "BuildError",
        field: "old",
        message: 'old: "x" is not a whole number of 32 bits',
      }),
    );
  });

  it("is undefined without value and default", () => {
    expect(emptyConfig.get(option("absent", list, ""))).toBeUndefined();
  });

  it.each([
    [{ "kubernetes.jobmanager.labels": "a:b,c:d" }, { a: "b", c: "d" }],
    [
      { "kubernetes.jobmanager.labels.a": "b", "kubernetes.jobmanager.labels.x.y/z": "d" },
      { a: "b", "x.y/z": "d" },
    ],
  ])("reads a map from its key or from the keys below it: %j", (entries, labels) => {
    const config = flinkConfig(entries);
    expect(Object.fromEntries(config.get(flinkOptions.jobManagerLabels) ?? [])).toEqual(labels);
    expect(config.isSet(flinkOptions.jobManagerLabels)).toBe(true);
  });

  it.each([
    [boolean, "TRUE", true],
    [integer, " 7 ", 7],
    [double, "1.0E10", 1e10],
    [float, "0.1", 0.10000000149011612],
    [commaList, "a, b,", ["a", "b"]],
    [oneOf("Foreground", "Background"), "FOREGROUND", "Foreground"],
    [oneOf("Headless_ClusterIP"), "headless-clusterip", "Headless_ClusterIP"],
  ])("%o reads %j", (type, text, value) => expect(type.parse(text)).toEqual(value));

  it.each([
    [boolean, "yes"],
    [integer, "1.0"],
    [integer, "2147483648"],
    [double, "1,5"],
    [oneOf("A", "B"), "C"],
  ])("%o refuses %j", (type, text) => {
    expect(() => type.parse(text)).toThrow(expect.objectContaining({ name: "ValueError" }));
  });
});

describe("a changed configuration", () => {
  it("does not change the original", () => {
    const config = flinkConfig({ a: "1", b: "2" });
    expect(Object.fromEntries(config.with({ a: undefined, c: "3" }).entries)).toEqual({ b: "2", c: "3" });
    expect(Object.fromEntries(config.filter((key) => key === "a").entries)).toEqual({ a: "1" });
    expect(Object.fromEntries(config.entries)).toEqual({ a: "1", b: "2" });
  });
});

describe("derived values", () => {
  it.each([
    [{}, false],
    [{ "high-availability.type": "none" }, false],
    [{ "high-availability.type": "kubernetes" }, true],
    [{ "high-availability": "zookeeper" }, true],
    [
      { "high-availability": "org.apache.flink.kubernetes.highavailability.KubernetesHaServicesFactory" },
      true,
    ],
  ])("high availability with %j: %s", (entries, enabled) => {
    expect(isHighAvailabilityEnabled(flinkConfig(entries))).toBe(enabled);
  });

  it.each([
    [{}, 8081],
    [{ "rest.port": "9081" }, 9081],
    [{ "web.port": "9082" }, 9082],
  ])("the REST port with %j is %d", (entries, port) => expect(restPort(flinkConfig(entries))).toBe(port));
});
