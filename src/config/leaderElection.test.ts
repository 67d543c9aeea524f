import { describe, expect, it } from "vitest";
import { emptyConfig, flinkConfig } from "./flinkConfig.ts";
import { leaderElectionSettings } from "./leaderElection.ts";

const prefix = "kubernetes.operator.leader-election";
const settings = (options: Record<string, string>) =>
  leaderElectionSettings(
    flinkConfig(Object.entries(options).map(([name, value]) => [`${prefix}.${name}`, value] as const)),
  );

it("is off by default", () => {
  expect(leaderElectionSettings(emptyConfig)).toBeUndefined();
});

it("has the durations of the reference", () => {
  expect(settings({ enabled: "true", "lease-name": "flink-operator-lease" })).toEqual({
    leaseName: "flink-operator-lease",
    shards: 1,
    leaseDurationMs: 15_000,
    renewDeadlineMs: 10_000,
    retryPeriodMs: 2_000,
  });
});

it.each([
  [{ enabled: "true" }, "lease-name must be set"],
  [
    { enabled: "true", "lease-name": "a", "renew-deadline": "15 s" },
    "renew-deadline must be above zero and shorter",
  ],
  [
    { enabled: "true", "lease-name": "a", "retry-period": "0 s" },
    "retry-period must be above zero and shorter",
  ],
])("refuses %j", (options, message) => {
  expect(() => settings(options)).toThrow(`${prefix}.${message}`);
});

describe("shards", () => {
  const withShards = (shards: string, enabled = "true") =>
    leaderElectionSettings(
      flinkConfig({
        "kubernetes.operator.shards": shards,
        [`${prefix}.enabled`]: enabled,
        [`${prefix}.lease-name`]: "a",
      }),
    );

  it.each(["1", "2", "16"])("%s are accepted", (shards) => {
    expect(withShards(shards)?.shards).toBe(Number(shards));
  });

  it.each(["0", "-1", "17"])("%s are refused", (shards) => {
    expect(() => withShards(shards)).toThrow(
      `kubernetes.operator.shards must be from 1 to 16, not ${shards}`,
    );
  });

  it("need leader election", () => {
    expect(() => withShards("2", "false")).toThrow(
      `kubernetes.operator.shards above 1 needs leader election: set ${prefix}.enabled to true`,
    );
    expect(withShards("1", "false")).toBeUndefined();
  });
});
