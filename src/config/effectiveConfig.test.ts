import { describe, expect, it } from "vitest";
import { asFlinkDeployment, type FlinkDeploymentSpec } from "../api/v1beta1/flinkdeployment.ts";
import { deployConfig, effectiveConfig, observeConfig } from "./effectiveConfig.ts";
import { emptyConfig, type FlinkConfig, flinkConfig } from "./flinkConfig.ts";

const resourceOf = (spec: FlinkDeploymentSpec, metadata = {}) =>
  asFlinkDeployment({ metadata: { name: "demo", namespace: "apps", ...metadata }, spec });

const session: FlinkDeploymentSpec = { flinkVersion: "v1_20" };
const application: FlinkDeploymentSpec = {
  ...session,
  job: { jarURI: "local:///opt/job.jar", parallelism: 4 },
};

const deployed = (spec: FlinkDeploymentSpec, operatorConfig: FlinkConfig = emptyConfig) =>
  Object.fromEntries(deployConfig({ operatorConfig, resource: resourceOf(spec) }).entries);

describe("defaults", () => {
  const prefix = "kubernetes.operator.default-configuration.";
  const layers = {
    key: "base",
    [`${prefix}namespace.apps.key`]: "namespace",
    [`${prefix}flink-version.v1_18+.key`]: "1.18 and newer",
    [`${prefix}flink-version.v1_19+.key`]: "1.19 and newer",
    [`${prefix}flink-version.v1_20.key`]: "1.20",
  };
  const names = Object.keys(layers);
  const withLayers = (count: number, spec: FlinkDeploymentSpec) =>
    effectiveConfig({
      operatorConfig: flinkConfig(Object.entries(layers).slice(0, count)),
      resource: resourceOf(spec),
    }).entries.get("key");

  it.each([1, 2, 3, 4, 5])("%d: a later layer overrides the earlier ones", (count) => {
    expect(withLayers(count, session)).toBe(Object.values(layers)[count - 1]);
  });

  it("the spec overrides all of them", () => {
    expect(withLayers(names.length, { ...session, flinkConfiguration: { key: "spec" } })).toBe("spec");
  });

  it.each([
    ["v1_18", "1.18 and newer"],
    ["v1_17", "namespace"],
    ["v2_0", "1.19 and newer"],
  ] as const)("of versions apply to %s", (flinkVersion, value) => {
    expect(withLayers(names.length, { flinkVersion })).toBe(value);
  });

  it("of other namespaces do not apply", () => {
    const operatorConfig = flinkConfig({ [`${prefix}namespace.app.key`]: "other" });
    expect(
      effectiveConfig({ operatorConfig, resource: resourceOf(session) }).entries.get("key"),
    ).toBeUndefined();
  });
});

describe("the effective configuration", () => {
  it.each([{}, { flinkVersion: "v9_9" }, { flinkConfiguration: "text" }, { flinkConfiguration: null }])(
    "is there for an invalid spec: %j",
    (spec) => {
      const resource = resourceOf(spec as FlinkDeploymentSpec);
      expect(effectiveConfig({ operatorConfig: emptyConfig, resource }).entries.size).toBe(0);
    },
  );
});

describe("the deploy configuration", () => {
  it("has the generation, in addition to the user's annotations", () => {
    const resource = resourceOf(
      { ...session, flinkConfiguration: { "kubernetes.jobmanager.annotations": "a:b" } },
      { generation: 7 },
    );
    expect(
      deployConfig({ operatorConfig: emptyConfig, resource }).entries.get(
        "kubernetes.jobmanager.annotations",
      ),
    ).toBe("a:b,flinkdeployment.flink.apache.org/generation:7");
  });

  it.each([
    ["v1_16", { "kubernetes.container.image": "i", "kubernetes.jobmanager.cpu": "0.5" }],
    ["v1_17", { "kubernetes.container.image.ref": "i" }],
  ] as const)("has image and CPU under the keys of %s", (flinkVersion, keys) => {
    const config = deployed({
      flinkVersion,
      image: "i",
      jobManager: { resources: { requests: { cpu: "500m" } } },
    });
    expect(config).toMatchObject({ ...keys, "kubernetes.jobmanager.cpu.amount": "0.5" });
    expect(Object.keys(config).filter((key) => key.endsWith(".cpu"))).toHaveLength(
      flinkVersion === "v1_16" ? 1 : 0,
    );
  });

  it("does not override the user's values", () => {
    const set = {
      "kubernetes.rest-service.exposed.type": "NodePort",
      "web.cancel.enable": "true",
      "pipeline.name": "mine",
      "execution.checkpointing.interval": "1 s",
      "execution.checkpointing.externalized-checkpoint-retention": "DELETE_ON_CANCELLATION",
      "execution.submit-failed-job-on-application-error": "false",
    };
    const job = { ...application.job, upgradeMode: "last-state" as const };
    expect(deployed({ ...application, job, flinkConfiguration: set })).toMatchObject(set);
  });

  it.each([
    [application, "4"],
    [{ ...application, taskManager: { replicas: 3 } }, "3"],
    [
      {
        ...application,
        taskManager: { replicas: 3 },
        flinkConfiguration: { "taskmanager.numberOfTaskSlots": 2 },
      },
      "6",
    ],
    [{ ...application, flinkConfiguration: { "pipeline.jobvertex-parallelism-overrides": "a:8,b:2" } }, "4"],
    [
      {
        ...application,
        mode: "standalone" as const,
        flinkConfiguration: { "pipeline.jobvertex-parallelism-overrides": "a:8,b:2" },
      },
      "8",
    ],
  ])("has the parallelism of %j", (spec, parallelism) => {
    expect(deployed(spec)["parallelism.default"]).toBe(parallelism);
  });

  it("counts the TaskManagers of a standalone application", () => {
    const config = deployed({
      ...application,
      mode: "standalone",
      flinkConfiguration: { "taskmanager.numberOfTaskSlots": 3 },
    });
    expect(config["kubernetes.internal.taskmanager.replicas"]).toBe("2");
  });

  it.each([undefined, "v1_14", "v9_9"])("is refused for the Flink version %s", (flinkVersion) => {
    expect(() => deployed({ flinkVersion } as FlinkDeploymentSpec)).toThrow(
      expect.objectContaining({ name: "BuildError", field: "spec.flinkVersion" }),
    );
  });
});

describe("the observe configuration", () => {
  it("is the deployed spec's, with the operator's options and the savepoint directory of the current one", () => {
    const current = {
      ...session,
      flinkConfiguration: {
        "rest.port": "9999",
        "state.savepoints.dir": "s3://new",
        "kubernetes.operator.reconcile.interval": "5 s",
        "job.autoscaler.enabled": "true",
      },
    };
    const old = {
      ...session,
      flinkConfiguration: { "rest.port": "8888", "state.savepoints.dir": "s3://old" },
    };
    const { entries } = observeConfig(
      { operatorConfig: emptyConfig, resource: resourceOf(current, { generation: 2 }) },
      old,
    );
    expect(Object.fromEntries(entries)).toMatchObject({
      "rest.port": "8888",
      "execution.checkpointing.savepoint-dir": "s3://new",
      "kubernetes.operator.reconcile.interval": "5 s",
      "job.autoscaler.enabled": "true",
    });
  });
});
