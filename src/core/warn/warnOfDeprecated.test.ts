import { expect, it } from "vitest";
import { flinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { warnOfDeprecated } from "./warnOfDeprecated.ts";

const warn = (spec: object) => warnOfDeprecated(spec, flinkDeploymentSpec);

it("returns nothing for a current spec", () => {
  expect(warn({})).toEqual([]);
  expect(
    warn({
      flinkVersion: "v1_19",
      flinkConfiguration: { kubernetes: { operator: { "savepoint.format.type": "NATIVE" } }, x: 1 },
      job: { upgradeMode: "savepoint" },
    }),
  ).toEqual([]);
});

it("names deprecated fields anywhere, with their replacement", () => {
  expect(warn({ job: { savepointTriggerNonce: 1 }, taskManager: { resource: { cpu: 1 } } })).toEqual([
    expect.stringMatching(/^spec.job.savepointTriggerNonce is deprecated\. .*FlinkStateSnapshot/),
    expect.stringMatching(/^spec.taskManager.resource is deprecated\. .*`resources`/),
  ]);
});

it("names a Flink version that is deprecated", () => {
  expect(warn({ flinkVersion: "v1_18" })).toEqual([
    "spec.flinkVersion: v1_18 is deprecated; use v1_19 or newer",
  ]);
});

it("names a Flink version that is accepted and not tested", () => {
  for (const flinkVersion of ["v1_15", "v2_4"])
    expect(warn({ flinkVersion })).toEqual([
      `spec.flinkVersion: Flink ${flinkVersion} is accepted, but this operator is not tested with it. It is tested with 1.16 to 2.3.`,
    ]);
});

it.each([
  ["job.autoscaler.metrics.custom-evaluators", "mine"],
  ["job.autoscaler.scaling.custom-executors", "mine"],
  ["job.autoscaler.scaling.parallelism-alignment.mode", "mine"],
])("names %s of an enabled autoscaler, which has no effect", (key, value) => {
  expect(warn({ flinkConfiguration: { "job.autoscaler.enabled": "true", [key]: value } })).toEqual([
    expect.stringMatching(`^spec.flinkConfiguration: ${key} has no effect`),
  ]);
  expect(warn({ flinkConfiguration: { "job.autoscaler.enabled": "false", [key]: value } })).toEqual([]);
});

it("says nothing of an autoscaler without plugins", () => {
  const options = {
    "job.autoscaler.enabled": "true",
    "job.autoscaler.scaling.parallelism-alignment.mode": "OFF",
  };
  expect(warn({ flinkConfiguration: options })).toEqual([]);
});

it("names options with old names, and unknown options", () => {
  expect(
    warn({ flinkConfiguration: { kubernetes: { operator: { "savepoint.format.typ": "NATIVE" } } } }),
  ).toEqual([
    "spec.flinkConfiguration: there is no option kubernetes.operator.savepoint.format.typ; " +
      "did you mean kubernetes.operator.savepoint.format.type?",
  ]);
  const [warning] = warn({
    flinkConfiguration: { "kubernetes.operator.observer.flink.client.timeout": "5 s" },
  });
  expect(warning).toBe(
    "spec.flinkConfiguration: kubernetes.operator.observer.flink.client.timeout is an old name of " +
      "kubernetes.operator.flink.client.timeout",
  );
});

it("repeats nothing that a write leaves as it is stored", () => {
  const stored = {
    flinkVersion: "v1_18",
    flinkConfiguration: { "kubernetes.operator.savepoint.format.typ": "NATIVE" },
    job: { savepointTriggerNonce: 1, parallelism: 1 },
  };
  const changed = (job: object) =>
    warnOfDeprecated({ ...stored, job: { ...stored.job, ...job } }, flinkDeploymentSpec, stored);
  expect(changed({ parallelism: 2 })).toEqual([]);
  expect(changed({ savepointTriggerNonce: 2 })).toEqual([
    expect.stringMatching(/^spec.job.savepointTriggerNonce is deprecated/),
  ]);
});
