import { expect, it } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { asFlinkDeployment, type FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "../../config/effectiveConfig.ts";
import { emptyConfig } from "../../config/flinkConfig.ts";
import { buildFlinkDeployment, inCreationOrder } from "./cluster.ts";

const spec: FlinkDeploymentSpec = {
  mode: "standalone",
  flinkVersion: "v2_2",
  image: "flink:2.2",
  serviceAccount: "flink",
  jobManager: { resource: { memory: "1g", cpu: 1 } },
  taskManager: { resource: { memory: "1g", cpu: 1 } },
  job: { jarURI: "local:///opt/job.jar", entryClass: "Job", parallelism: 3 },
};

function build(changed: FlinkDeploymentSpec = {}) {
  const resource = asFlinkDeployment({
    metadata: { name: "demo", namespace: "apps", uid: "u1", generation: 1 },
    spec: { ...spec, ...changed },
  });
  const config = deployConfig({ operatorConfig: emptyConfig, resource });
  return buildFlinkDeployment({
    resource,
    config,
    jobId: "0".repeat(32),
    launchId: "launch",
    restore: { kind: "none" },
  });
}

interface Pod {
  readonly metadata: KubeObject["metadata"];
  readonly spec: { readonly volumes: unknown[]; readonly containers: Record<string, unknown>[] };
}
interface DeploymentSpec {
  readonly replicas: number;
  readonly selector: { readonly matchLabels: object };
  readonly template: Pod;
}
const specOf = (deployment = {} as KubeObject) => deployment.spec as DeploymentSpec;
const podOf = (deployment?: KubeObject) => specOf(deployment).template;
const volumesOf = (changed: FlinkDeploymentSpec) =>
  podOf(build(changed).deployment).spec.volumes.map((volume) => (volume as { name: string }).name);

it("has the TaskManagers' Deployment last", () => {
  expect(inCreationOrder(build()).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    "Service demo",
    "ConfigMap flink-config-demo",
    "Deployment demo",
    "Service demo-rest",
    "Deployment demo-taskmanager",
  ]);
});

it("has as many TaskManagers as the parallelism needs, or as configured", () => {
  const replicas = (changed: FlinkDeploymentSpec) => specOf(build(changed).taskManagers).replicas;
  const flinkConfiguration = { "taskmanager.numberOfTaskSlots": "2" };
  expect(replicas({ flinkConfiguration })).toBe(2);
  expect(replicas({ flinkConfiguration, taskManager: { ...spec.taskManager, replicas: 7 } })).toBe(7);
  const wide = { ...flinkConfiguration, "parallelism.default": "8" };
  expect(replicas({ flinkConfiguration: wide, job: undefined })).toBe(1);
});

it("has pods that its Deployments select, whatever labels are configured", () => {
  const labels = "app:x,component:y,type:z,team:data";
  const flinkConfiguration = {
    "kubernetes.jobmanager.labels": labels,
    "kubernetes.taskmanager.labels": labels,
  };
  const { deployment, taskManagers } = build({ flinkConfiguration });
  for (const each of [deployment, taskManagers]) {
    expect(podOf(each).metadata.labels).toEqual({ ...specOf(each).selector.matchLabels, team: "data" });
  }
});

it("requests as many cores as a TaskManager has slots by default", () => {
  const { taskManagers } = build({
    taskManager: { resource: { memory: "1g" } },
    flinkConfiguration: { "taskmanager.numberOfTaskSlots": "2" },
  });
  expect(podOf(taskManagers).spec.containers.at(-1)?.resources).toMatchObject({ requests: { cpu: "2.0" } });
});

it("leaves a jar that the image has in /opt/flink/usrlib to Flink, which finds it itself", () => {
  const job = (jarURI: string | undefined) => volumesOf({ job: { ...spec.job, jarURI } });
  expect(job("local:///opt/job.jar")).toContain("user-lib-dir");
  expect(job("local:///opt/flink/usrlib/job.jar")).not.toContain("user-lib-dir");
  expect(job(undefined)).not.toContain("user-lib-dir");
  const configOf = (jarURI: string) =>
    JSON.stringify(build({ job: { ...spec.job, jarURI } }).beforeDeployment);
  expect(configOf("local:///opt/job.jar")).toContain("classpaths: file:///opt/job.jar");
  expect(configOf("local:///opt/flink/usrlib/job.jar")).not.toContain("classpaths");
});

it.each([
  [
    "the template and the configuration",
    { podTemplate: template([{ name: "LEVEL", value: "info" }]) },
    "debug",
  ],
  [
    "two templates that are merged by position",
    {
      podTemplate: template([
        { name: "REGION", value: "north" },
        { name: "LEVEL", value: "info" },
      ]),
      taskManager: { ...spec.taskManager, podTemplate: template([{ name: "LEVEL", value: "debug" }]) },
      flinkConfiguration: {},
    },
    "info",
  ],
])("has one entry for a variable that is in %s: the later", (_, changed, value) => {
  const flinkConfiguration = { "containerized.taskmanager.env.LEVEL": "debug" };
  for (const job of [spec.job, undefined]) {
    const [main] = podOf(build({ flinkConfiguration, ...changed, job }).taskManagers).spec.containers;
    const env = (main?.env ?? []) as { name: string }[];
    expect(env.filter(({ name }) => name === "LEVEL")).toEqual([{ name: "LEVEL", value }]);
  }
});

function template(env: object[]) {
  return { spec: { containers: [{ name: "flink-main-container", env }] } };
}
