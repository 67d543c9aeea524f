import { expect, it } from "vitest";
import { emptyConfig } from "../../../config/flinkConfig.ts";
import type { NativeCluster } from "../nativeCluster.ts";
import { withStartupProbe } from "./podTemplate.ts";
import { taskManagerTrial } from "./taskManagerTrial.ts";

const cluster = (taskManagerTemplate: NativeCluster["taskManagerTemplate"], config = {}): NativeCluster => ({
  mode: "native",
  clusterId: "job",
  namespace: "ns",
  version: "v2_2",
  config: emptyConfig.with({ "kubernetes.container.image.ref": "flink:2.2", ...config }),
  programArgs: [],
  jobManagerMemory: 1n,
  taskManagerMemory: 1n,
  jobManagerTemplate: undefined,
  taskManagerTemplate,
  logFiles: {},
  owner: undefined,
  earlierResults: [],
  deploymentAnnotations: {},
});

it("is the template in the form of a Deployment, with the fields that Flink sets in each pod", () => {
  const template = {
    metadata: { labels: { team: "data", component: "mine" } },
    spec: {
      restartPolicy: "Never",
      volumes: [{ name: "v", emptyDir: {} }],
      containers: [
        { name: "flink-main-container", image: "mine", imagePullPolicy: "wrong", env: [{ name: "A" }] },
        { name: "beside", image: "b" },
      ],
    },
  };
  const labels = { app: "job", type: "flink-native-kubernetes", component: "taskmanager" };
  expect(taskManagerTrial(cluster(template, { "kubernetes.container.image.pull-policy": "Always" }))).toEqual(
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "job-taskmanager", namespace: "ns", labels },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels: { team: "data", ...labels } },
          spec: {
            volumes: [{ name: "v", emptyDir: {} }],
            containers: [
              { name: "beside", image: "b" },
              {
                name: "flink-main-container",
                image: "flink:2.2",
                imagePullPolicy: "Always",
                env: [{ name: "A" }],
              },
            ],
          },
        },
      },
    },
  );
});

it("is undefined without a template", () => {
  expect(taskManagerTrial(cluster(undefined))).toBeUndefined();
});

it("is undefined if the JobManager's Deployment has the same template", () => {
  const podTemplate = { spec: { containers: [{ name: "flink-main-container", env: [] }] } };
  expect(taskManagerTrial(cluster(podTemplate))).toBeDefined();
  const both = { ...cluster(podTemplate), jobManagerTemplate: podTemplate };
  expect(taskManagerTrial(both)).toBeUndefined();
  const probed = { ...both, jobManagerTemplate: withStartupProbe(podTemplate) };
  expect(taskManagerTrial(probed)).toBeUndefined();
  const more = { ...podTemplate, metadata: { labels: { a: "b" } } };
  expect(taskManagerTrial({ ...both, jobManagerTemplate: more })).toBeDefined();
});
