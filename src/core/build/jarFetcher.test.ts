import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import {
  asFlinkDeployment,
  type FlinkDeploymentSpec,
  type FlinkVersion,
} from "../../api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "../../config/effectiveConfig.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { parseYamlConfigFile } from "../../config/values/configFile.ts";
import { buildFlinkDeployment } from "./cluster.ts";
import type { JsonObject } from "./json.ts";

const sha256 = "a".repeat(64);
const jars = [
  { uri: "https://jars.example.com/kafka%20sql.jar?version=1", sha256 },
  { uri: "local:///opt/functions.jar" },
  { uri: "s3://jars/latest" },
];
const script = "INSERT INTO a SELECT 1";

interface Pod {
  readonly initContainers?: JsonObject[];
  readonly volumes: JsonObject[];
  readonly containers: { volumeMounts: JsonObject[] }[];
}

function build(spec: FlinkDeploymentSpec) {
  const resource = asFlinkDeployment({
    metadata: { name: "demo", namespace: "apps", generation: 1, uid: "u" },
    spec: {
      flinkVersion: "v2_3" satisfies FlinkVersion,
      image: "flink",
      serviceAccount: "flink",
      jobManager: { resource: { memory: "1g" } },
      taskManager: { resource: { memory: "1g" } },
      ...spec,
      job: { parallelism: 1, ...spec.job },
    },
  });
  const operatorConfig = flinkConfig(
    new Map([
      ["kubernetes.operator.user.artifacts.fetcher.image", "operator:1"],
      ["kubernetes.operator.user.artifacts.allowed-schemes", "https;s3"],
      ["kubernetes.operator.user.artifacts.http.header.Authorization", "of the operator alone"],
    ]),
  );
  const { beforeDeployment, deployment, taskManagers } = buildFlinkDeployment({
    resource,
    config: deployConfig({ operatorConfig, resource }),
    sqlRunner: "UEsFBg==",
    jobId: undefined,
    launchId: "launch",
    restore: { kind: "none" },
  });
  const data = (name: string) =>
    (beforeDeployment.find(({ object }) => object.metadata.name === name)?.object.data ?? {}) as Record<
      string,
      string
    >;
  const podOf = (object: JsonObject | undefined) =>
    (object?.spec as { template: { spec: Pod } } | undefined)?.template.spec;
  const template = data("pod-template-demo")["taskmanager-pod-template.yaml"];
  return {
    program: data("flink-program-demo"),
    config: parseYamlConfigFile(data("flink-config-demo")["config.yaml"] ?? ""),
    jobManager: podOf(deployment as unknown as JsonObject),
    taskManager:
      taskManagers === undefined
        ? template === undefined
          ? undefined
          : (load(template) as { spec: Pod }).spec
        : podOf(taskManagers as unknown as JsonObject),
  };
}

const fetcher = {
  name: "flink-jar-fetcher",
  image: "operator:1",
  args: ["fetch-jars", "/opt/flink-jar-fetcher"],
  volumeMounts: [
    { name: "flink-jars", mountPath: "/opt/flink/jars" },
    { name: "flink-jar-request", mountPath: "/opt/flink-jar-fetcher", readOnly: true },
  ],
};

describe.each(["native", "standalone"] as const)("the jars of a job, %s", (mode) => {
  it("are fetched into the pods of JobManager and TaskManagers", () => {
    const { jobManager, taskManager } = build({ mode, job: { sql: { script, jars } } });
    for (const pod of [jobManager, taskManager]) {
      expect(pod?.initContainers).toMatchObject([fetcher]);
      expect(pod?.containers.at(-1)?.volumeMounts).toContainEqual({
        name: "flink-jars",
        mountPath: "/opt/flink/jars",
      });
      expect(pod?.volumes).toContainEqual({
        name: "flink-jar-request",
        projected: {
          sources: [
            { configMap: { name: "flink-program-demo", items: [{ key: "jars.json", path: "jars.json" }] } },
            {
              configMap: { name: "flink-config-demo", items: [{ key: "config.yaml", path: "config.yaml" }] },
            },
          ],
        },
      });
    }
  });

  it("are on the class path in their order, with those of the image, after the user's own", () => {
    const { config } = build({
      mode,
      flinkConfiguration: { "pipeline.classpaths": "file:///opt/own.jar" },
      job: { sql: { script, jars } },
    });
    expect(config.get("pipeline.classpaths")?.split(";")).toEqual([
      "file:///opt/own.jar",
      "file:///opt/flink/jars/0-kafka_sql.jar",
      "file:///opt/functions.jar",
      "file:///opt/flink/jars/2-latest.jar",
    ]);
  });

  it("do not hide the jars of the image", () => {
    const names = build({ mode, job: { entryClass: "Job", jarURI: "local:///job.jar", jars } });
    const { jobManager } = build({ mode, job: { sql: { script, jars } } });
    expect(jobManager?.volumes.map(({ name }) => name)).not.toContain("user-lib-dir");
    expect(names.config.get("pipeline.classpaths")).toBe(
      `${mode === "standalone" ? "file:///job.jar;" : ""}file:///opt/flink/jars/0-kafka_sql.jar;file:///opt/functions.jar;file:///opt/flink/jars/2-latest.jar`,
    );
  });
});

it("are listed with their checksums, the operator's rules and the resource's headers", () => {
  const { program } = build({
    flinkConfiguration: { "kubernetes.operator.user.artifacts.http.header.X-Token": "own" },
    job: { sql: { script, jars } },
  });
  expect(JSON.parse(program["jars.json"] ?? "")).toEqual({
    jars: [
      {
        field: "spec.job.sql.jars[0].uri",
        uri: `${jars[0]?.uri}#sha256=${sha256}`,
        path: "/opt/flink/jars/0-kafka_sql.jar",
      },
      { field: "spec.job.sql.jars[2].uri", uri: "s3://jars/latest", path: "/opt/flink/jars/2-latest.jar" },
    ],
    options: {
      "kubernetes.operator.user.artifacts.allowed-schemes": "https;s3",
      "kubernetes.operator.user.artifacts.http.header.X-Token": "own",
    },
  });
  expect(JSON.stringify(program)).not.toContain("of the operator alone");
});

it.each([
  ["a jar job", { jarURI: "local:///job.jar", jars }, "spec.job.jars[0].uri"],
  ["a Python program", { python: { module: "job", jars } }, "spec.job.python.jars[0].uri"],
])("%s has a ConfigMap for them too", (_, job, field) => {
  expect(JSON.parse(build({ job }).program["jars.json"] ?? "").jars[0].field).toBe(field);
});

it("has credentials, certificates and the security context of the container that runs Flink", () => {
  const securityContext = { runAsUser: 1 };
  const privileged = { privileged: true, capabilities: { add: ["SYS_ADMIN"] } };
  const own = {
    name: "flink-main-container",
    env: [{ name: "NODE_EXTRA_CA_CERTS", value: "/ca/ca.crt" }],
    envFrom: [{ secretRef: { name: "aws" } }],
    volumeMounts: [{ name: "ca", mountPath: "/ca" }],
    securityContext: { ...securityContext, ...privileged },
  };
  const podTemplate = { spec: { initContainers: [{ name: "first" }], containers: [own] } };
  const { jobManager } = build({ podTemplate, job: { sql: { script, jars } } });
  expect(jobManager?.initContainers).toMatchObject([
    { name: "first" },
    {
      env: own.env,
      envFrom: own.envFrom,
      volumeMounts: [...own.volumeMounts, ...fetcher.volumeMounts],
    },
  ]);
  // Kubernetes refuses privileged beside allowPrivilegeEscalation: false.
  expect(jobManager?.initContainers?.[1]?.securityContext).toEqual({
    ...securityContext,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
  });
});

it("nothing is fetched where all jars are in the image", () => {
  const { jobManager, taskManager, program } = build({
    job: { jarURI: "local:///job.jar", jars: [{ uri: "local:///opt/functions.jar" }] },
  });
  expect([jobManager?.initContainers, taskManager, program]).toEqual([undefined, undefined, {}]);
});
