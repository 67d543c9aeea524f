import { expect, it } from "vitest";
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
