import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import {
  asFlinkDeployment,
  type FlinkDeploymentSpec,
  type FlinkVersion,
} from "../../api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "../../config/effectiveConfig.ts";
import { emptyConfig, flinkConfig } from "../../config/flinkConfig.ts";
import { type BuildInput, buildFlinkDeployment, inCreationOrder, submittedConfig } from "./cluster.ts";

const spec: FlinkDeploymentSpec = {
  flinkVersion: "v2_2",
  image: "flink:2.2",
  serviceAccount: "flink",
  jobManager: { resource: { memory: "1g", cpu: 1 } },
  taskManager: { resource: { memory: "1g", cpu: 1 } },
  job: { jarURI: "local:///opt/job.jar", parallelism: 1 },
};
const highAvailability = {
  "high-availability.type": "kubernetes",
  "high-availability.storageDir": "s3://b/ha",
};

interface Changes extends Partial<Omit<BuildInput, "resource" | "config">> {
  readonly spec?: FlinkDeploymentSpec;
  readonly metadata?: object;
}

function inputOf({ spec: changed, metadata, ...launch }: Changes = {}): BuildInput {
  const resource = asFlinkDeployment({
    metadata: { name: "demo", namespace: "apps", uid: "u1", generation: 1, ...metadata },
    spec: { ...spec, ...changed },
  });
  return {
    resource,
    config: deployConfig({ operatorConfig: emptyConfig, resource }),
    jobId: "0".repeat(32),
    launchId: "launch",
    restore: { kind: "none" },
    ...launch,
  };
}

const build = (changes?: Changes) => buildFlinkDeployment(inputOf(changes));
const named = (objects: readonly KubeObject[]) =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
const submitted = (changes: Changes) => Object.fromEntries(submittedConfig(inputOf(changes)).entries);

interface Pod {
  readonly metadata: KubeObject["metadata"];
  readonly spec: Record<string, unknown> & { readonly containers: readonly Record<string, unknown>[] };
}
const podOf = (changes: Changes) => (build(changes).deployment.spec as { template: Pod }).template;

describe("the objects of a cluster", () => {
  it("use separate result stores per launch: of the job, and since Flink 2.3 of the application", () => {
    const resultStores = (flinkVersion: FlinkVersion) =>
      Object.entries(submitted({ spec: { flinkVersion, flinkConfiguration: highAvailability } })).filter(
        ([key]) => key.endsWith("-result-store.storage-path"),
      );
    const ofJob = ["job-result-store.storage-path", "s3://b/ha/job-result-store/demo/launch"];
    expect(resultStores("v2_2")).toEqual([ofJob]);
    const ofApplication = [
      "application-result-store.storage-path",
      "s3://b/ha/application-result-store/demo/launch",
    ];
    expect(resultStores("v2_3").sort()).toEqual([ofApplication, ofJob]);
  });

  it("use the operator's logging files, unless the resource has its own", () => {
    const defaultLogFiles = { "log4j-console.properties": "rootLogger.level = INFO" };
    const filesOf = (changes: Changes) =>
      build({ ...changes, defaultLogFiles }).beforeDeployment.find(
        ({ object }) => object.metadata.name === "flink-config-demo",
      )?.object.data;
    expect(filesOf({})).toMatchObject(defaultLogFiles);
    const logConfiguration = { "logback-console.xml": "<configuration/>" };
    const own = filesOf({ spec: { logConfiguration } });
    expect(own).toMatchObject(logConfiguration);
    expect(own).not.toHaveProperty(["log4j-console.properties"]);
  });

  it("are in an order in which no pod waits for a later one", () => {
    expect(named(inCreationOrder(build({ spec: { podTemplate: { spec: {} } } })))).toEqual([
      "Service demo",
      "ConfigMap flink-config-demo",
      "ConfigMap pod-template-demo",
      "Deployment demo",
      "Service demo-rest",
    ]);
  });

  it("have no internal Service with high availability", () => {
    const objects = build({ spec: { flinkConfiguration: highAvailability } });
    expect(named(inCreationOrder(objects))).not.toContain("Service demo");
  });

  it("belong to the FlinkDeployment, the rest Service to the Deployment", () => {
    const { beforeDeployment, deployment, afterDeployment } = build();
    const resource = {
      apiVersion: "flink.apache.org/v1beta1",
      kind: "FlinkDeployment",
      name: "demo",
      uid: "u1",
    };
    for (const { metadata } of [...beforeDeployment.map(({ object }) => object), deployment]) {
      expect(metadata.ownerReferences).toEqual([
        { ...resource, controller: false, blockOwnerDeletion: true },
      ]);
    }
    expect(afterDeployment("u2").map(({ object }) => object.metadata.ownerReferences)).toEqual([
      [
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          name: "demo",
          uid: "u2",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    ]);
  });

  it("have the launch id only on the Deployment", () => {
    const { deployment } = build();
    const annotation = "flinkdeployment.flink.apache.org/launch-id";
    expect(deployment.metadata.annotations).toMatchObject({ [annotation]: "launch" });
    expect(podOf({}).metadata.annotations).not.toHaveProperty([annotation]);
  });

  it("keep arguments separate, whatever they contain", () => {
    const args = ["[1,2]", " x ", "", "a;b", "{k: v}"];
    const { beforeDeployment } = build({ spec: { job: { ...spec.job, args } } });
    const data = beforeDeployment[1]?.object.data as Record<string, string>;
    const config = load(data["config.yaml"] ?? "") as Record<string, Record<string, Record<string, unknown>>>;
    expect(config.$internal?.application?.["program-args"]).toEqual(args);
  });

  it("have no operator keys in Flink's configuration", () => {
    const flinkConfiguration = { "kubernetes.operator.x": "1", "job.autoscaler.enabled": "true" };
    const { beforeDeployment } = build({ spec: { flinkVersion: "v1_20", flinkConfiguration } });
    const data = beforeDeployment[1]?.object.data as Record<string, string>;
    expect(data["flink-conf.yaml"]).not.toMatch(/kubernetes\.operator|autoscaler/);
  });
});

describe("the JobManager's pod", () => {
  it("has restart policy Always, as a Deployment requires, whatever the template says (NATIVE 10)", () => {
    expect(podOf({ spec: { podTemplate: { spec: { restartPolicy: "Never" } } } }).spec.restartPolicy).toBe(
      "Always",
    );
    expect(podOf({}).spec).not.toHaveProperty("restartPolicy");
  });

  it("keeps the user's startup probe", () => {
    const startupProbe = { tcpSocket: { port: 8081 } };
    const podTemplate = { spec: { containers: [{ name: "flink-main-container", startupProbe }] } };
    expect(podOf({ spec: { podTemplate } }).spec.containers[0]?.startupProbe).toEqual(startupProbe);
  });

  it("merges templates by name if configured", () => {
    const containers = (...names: string[]) => ({
      spec: { containers: names.map((name) => ({ name, image: name })) },
    });
    const pod = podOf({
      spec: {
        podTemplate: containers("sidecar"),
        jobManager: { ...spec.jobManager, podTemplate: containers("other") },
        flinkConfiguration: { "kubernetes.operator.pod-template.merge-arrays-by-name": "true" },
      },
    });
    expect(pod.spec.containers.map(({ name }) => name)).toEqual(["sidecar", "other", "flink-main-container"]);
  });

  it.each([
    { spec: "text" },
    { metadata: [] },
    { spec: { containers: {} } },
    { spec: { containers: ["x", null] } },
  ])("leaves an invalid template to the API server: %j", (podTemplate) => {
    expect(() => build({ spec: { podTemplate } as never })).not.toThrow();
  });
});

describe("the configuration of a launch", () => {
  const ownPath = {
    "execution.savepoint.path": "s3://own",
    "execution.state-recovery.path": "s3://own",
  };

  it("restores from the path of the launch, whatever the user has configured", () => {
    const config = submitted({
      spec: { flinkConfiguration: ownPath },
      restore: { kind: "savepoint", path: "s3://sp" },
    });
    expect(config["execution.savepoint.path"]).toBe("s3://sp");
    expect(config).not.toHaveProperty(["execution.state-recovery.path"]);
  });

  it("restores nothing if the launch says so", () => {
    const config = submitted({ spec: { flinkConfiguration: ownPath } });
    expect(Object.keys(config).filter((key) => key in ownPath)).toEqual([]);
  });

  it("lets the job fail if the expected HA metadata is lost", () => {
    const config = submitted({
      spec: { flinkConfiguration: highAvailability },
      restore: { kind: "last-state" },
    });
    expect(config["execution.savepoint.path"]).toBe("KUBERNETES_OPERATOR_LAST_STATE");
  });

  it("has a job result store of its own", () => {
    const config = submitted({ spec: { flinkConfiguration: highAvailability } });
    expect(config).toMatchObject({
      "job-result-store.storage-path": "s3://b/ha/job-result-store/demo/launch",
      "job-result-store.delete-on-commit": "false",
    });
  });
});

describe("a cluster that cannot be built", () => {
  it.each<[Changes, string, RegExp]>([
    [
      { spec: { jobManager: { ...spec.jobManager, replicas: 2 } } },
      "spec.jobManager.replicas",
      /High availability/,
    ],
    [{ metadata: { name: "x".repeat(46) } }, "metadata.name", /45 characters/],
    [
      { spec: { flinkConfiguration: { "blob.server.port": "6000-6010" } } },
      "blob.server.port",
      /single port/,
    ],
    [{ spec: { flinkConfiguration: { "rest.bind-port": "8081-8090" } } }, "rest.bind-port", /single port/],
    [
      { spec: { flinkConfiguration: { "kubernetes.jobmanager.memory.limit-factor": "0.9" } } },
      "kubernetes.jobmanager.memory.limit-factor",
      /greater or equal to 1/,
    ],
    [
      { spec: { flinkConfiguration: { "kubernetes.taskmanager.cpu.limit-factor": "0.9" } } },
      "kubernetes.taskmanager.cpu.limit-factor",
      /greater or equal to 1/,
    ],
    [
      { spec: { flinkConfiguration: { "kubernetes.env.secretKeyRef": "env:A,secret:b" } } },
      "kubernetes.env.secretKeyRef",
      /env:NAME,secret:NAME,key:NAME/,
    ],
    [{ spec: { job: { parallelism: 1 } } }, "spec.job.jarURI", /jar/],
  ])("%j: %s", (changes, field, message) => {
    expect(() => build(changes)).toThrow(
      expect.objectContaining({ name: "BuildError", field, message: expect.stringMatching(message) }),
    );
  });

  it.each([
    [{ entryClass: "org.apache.flink.client.python.PythonDriver", parallelism: 1 }],
    [{ args: ["-py", "/opt/job.py"], parallelism: 1 }],
  ])("a Python job needs no jar: %j", (job) => expect(() => build({ spec: { job } })).not.toThrow());
});

describe("annotations of the JobManager in the configuration", () => {
  const annotations = "kubernetes.jobmanager.annotations";
  const written = { [annotations]: { "prometheus.io/scrape": "true", "prometheus.io/port": "9249" } };
  const flat = {
    [`${annotations}.prometheus.io/scrape`]: "true",
    [`${annotations}.prometheus.io/port`]: "9249",
  };

  it.each([
    ["as a map", {}, written],
    ["key by key", {}, flat],
    ["in the operator's defaults", flat, {}],
    [
      "as a text in the defaults, and key by key in the spec",
      { [annotations]: "prometheus.io/scrape:true" },
      { [`${annotations}.prometheus.io/port`]: "9249" },
    ],
  ])("%s are one map with the operator's", (_, defaults: Record<string, string>, flinkConfiguration) => {
    for (const flinkVersion of ["v1_20", "v2_1"] as const) {
      const { resource, ...input } = inputOf({ spec: { flinkVersion, flinkConfiguration } });
      const config = deployConfig({ operatorConfig: flinkConfig(defaults), resource });
      const keys = [...config.entries.keys()].filter((key) => key.startsWith(annotations));
      expect(keys).toEqual([annotations]);
      const { metadata } = buildFlinkDeployment({ ...input, resource, config }).deployment;
      expect(metadata.annotations).toMatchObject({
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "9249",
        "flinkdeployment.flink.apache.org/generation": "1",
      });
    }
  });
});
