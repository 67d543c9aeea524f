import { describe, expect, test } from "vitest";
import type { FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { GENERATION_ANNOTATION } from "../../api/v1beta1/names.ts";
import { type FlinkConfig, flinkConfig } from "../../config/flinkConfig.ts";
import { aStatus, withJobSpec } from "../../core/job/situation.fixture.ts";
import { createConfigurations } from "./configure.ts";

const deployedSpec = withJobSpec(
  { upgradeMode: "stateless" },
  {
    flinkConfiguration: { "taskmanager.numberOfTaskSlots": "2" },
    jobManager: { resource: { cpu: 1, memory: "1024m" } },
    taskManager: { resource: { cpu: 1, memory: "1024m" } },
  },
);
const deployed = { spec: deployedSpec, metadata: { firstDeployment: false } };
const resource = (spec = deployedSpec, more: object = {}): FlinkDeployment => ({
  metadata: { name: "job", namespace: "ns", uid: "u", generation: 2, ...more },
  spec,
  status: aStatus(deployedSpec),
});
const sources = (config: () => FlinkConfig = () => operatorConfig) =>
  createConfigurations({ config, logFiles: {} });
const operatorConfig = flinkConfig({});
const launch = { generation: 7, jobId: "a".repeat(32), launchId: "l", restore: { kind: "none" } as const };

describe("the configuration of a spec", () => {
  test("has no error for a valid spec, and builds for the given generation", () => {
    const desired = sources().of(resource())(deployedSpec, deployed);
    expect(desired.error).toBeUndefined();
    const { deployment } = desired.build(launch);
    expect(deployment.metadata.annotations?.[GENERATION_ANNOTATION]).toBe("7");
  });

  test.each([
    ["no service account", { ...deployedSpec, serviceAccount: undefined }, "spec.serviceAccount"],
    [
      "memory that is none",
      { ...deployedSpec, jobManager: { resource: { cpu: 1, memory: "much" } } },
      "spec.jobManager",
    ],
  ])("has an error that names the field: %s", (_, spec, field) => {
    const { error } = sources().of(resource(spec as typeof deployedSpec))(
      spec as typeof deployedSpec,
      undefined,
    );
    expect(error?.field).toContain(field);
  });

  test("of the deployed spec has never an error, and builds the deployed cluster", () => {
    const edited = { ...deployedSpec, image: "flink:new" };
    const present = sources().of(resource(edited))(deployedSpec, deployed);
    expect(present.error).toBeUndefined();
    expect(JSON.stringify(present.build(launch).deployment)).toContain('"flink:2.3"');
  });

  test("of an unreadable deployed spec does not stop the reconcile", () => {
    const broken = { ...deployedSpec, jobManager: { resource: { cpu: 1, memory: "much" } } };
    const present = sources().of(resource())(broken, { ...deployed, spec: broken });
    expect(present.settings.restPort).toBe(8081);
    expect(present.settings.totalMemory(1)).toBeUndefined();
  });

  test("has the job id that the user has set", () => {
    const fixed = { ...deployedSpec, flinkConfiguration: { "$internal.pipeline.job-id": "f".repeat(32) } };
    expect(sources().of(resource(fixed))(fixed, undefined).fixedJobId).toBe("f".repeat(32));
  });
});

describe("is computed once", () => {
  test("for the same generation, deployed spec and operator configuration", () => {
    const configurations = sources();
    const one = resource();
    expect(configurations.of(one)(one.spec, deployed)).toBe(
      configurations.of({ ...one })(one.spec, deployed),
    );
  });

  test.each<[string, (one: FlinkDeployment) => FlinkDeployment]>([
    ["generation", (one) => ({ ...one, metadata: { ...one.metadata, generation: 3 } })],
    ["resource of the same name", (one) => ({ ...one, metadata: { ...one.metadata, uid: "v" } })],
    ["deployed spec", (one) => ({ ...one, status: aStatus({ ...deployedSpec, image: "flink:old" }) })],
  ])("and again for another %s", (_, change) => {
    const configurations = sources();
    const one = resource();
    const first = configurations.of(one)(one.spec, deployed);
    expect(configurations.of(change(one))(one.spec, deployed)).not.toBe(first);
  });

  test("and each spec has its own build error, whatever is deployed", () => {
    const configurations = sources();
    const broken = { ...deployedSpec, taskManager: { resource: { cpu: 1, memory: "10m" } } };
    const errorOf = (one: FlinkDeployment, of: typeof deployed | undefined) =>
      configurations.of(one)(one.spec, of)?.error?.field;
    const field = errorOf(resource(broken), deployed);
    expect(field).toContain("taskmanager");
    const elsewhere = aStatus({ ...deployedSpec, image: "flink:old" });
    expect(errorOf({ ...resource(broken), status: elsewhere }, deployed)).toBe(field);
    expect(errorOf(resource(deployedSpec, { generation: 3 }), deployed)).toBeUndefined();
  });

  test("and again for another configuration of the operator, and after removal", () => {
    let config = operatorConfig;
    const configurations = sources(() => config);
    const one = resource();
    const first = configurations.of(one)(one.spec, deployed);
    config = flinkConfig({ "kubernetes.operator.reconcile.interval": "5 s" });
    const second = configurations.of(one)(one.spec, deployed);
    expect(second.settings.reconcileIntervalMs).toBe(5_000);
    expect(second).not.toBe(first);
    configurations.remove("ns", "job");
    expect(configurations.of(one)(one.spec, deployed)).not.toBe(second);
  });
});

test.each([
  [{}, 3_000],
  [{ "web.refresh-interval": "7 s" }, 7_000],
  [{ "web.refresh-interval": "7000" }, 7_000],
  [{ "web.refresh-interval": "7 s", "rest.cache.checkpoint-statistics.timeout": "1 s" }, 1_000],
])("reads the cache time of Flink's checkpoint statistics from %j", (flinkConfiguration, expected) => {
  const spec = { ...deployedSpec, flinkConfiguration };
  expect(sources().of(resource(spec))(spec, undefined).settings.statisticsCacheMs).toBe(expected);
});
