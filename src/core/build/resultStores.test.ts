import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { asFlinkDeployment, type FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "../../config/effectiveConfig.ts";
import { emptyConfig } from "../../config/flinkConfig.ts";
import { deriveLaunchId } from "../ids.ts";
import { buildFlinkDeployment } from "./cluster.ts";
import { RESULT_CLEANER } from "./resultCleaner.ts";
import { hasLocalResults, localResultStores } from "./resultStores.ts";

const [first, second, third] = [1, 2, 3].map((at) => deriveLaunchId("uid", "job", at)) as [
  string,
  string,
  string,
];

describe("the result stores of launches", () => {
  const config = (storageDir: string, more = {}) =>
    emptyConfig.with({
      "kubernetes.cluster-id": "demo",
      "high-availability.storageDir": storageDir,
      ...more,
    });
  const demo = ["job", "application"].map((of) => `/data/ha/${of}-result-store/demo/${first}`);

  it.each(["file:///data/ha", "file:/data/ha", "/data/ha", "file:///data//ha/"])("are at %s", (uri) => {
    expect(localResultStores(config(uri), [first])).toEqual(demo);
  });

  it.each(["s3://bucket/ha", "hdfs:///ha", "file://host/data/ha", "file:///data/../ha", "file:///a b", "ha"])(
    "are not searched in %s",
    (uri) => {
      expect(localResultStores(config(uri), [first])).toEqual([]);
      expect(hasLocalResults(config(uri))).toBe(false);
    },
  );

  it("are remote if the default file system for paths without a scheme is remote", () => {
    const elsewhere = { "fs.default-scheme": "s3://bucket" };
    expect(localResultStores(config("/data/ha", elsewhere), [first])).toEqual([]);
    expect(localResultStores(config("file:///data/ha", elsewhere), [first])).toEqual(demo);
  });

  it("have launch ids, and other names are ignored", () => {
    expect(localResultStores(config("/data/ha"), ["..", "", "*", `${first}/..`, "x"])).toEqual([]);
  });
});

const mounted = (source: object) => ({
  spec: {
    containers: [
      {
        name: "flink-main-container",
        securityContext: { runAsUser: 9999 },
        volumeMounts: [
          { name: "data", mountPath: "/data" },
          { name: "other", mountPath: "/data/h" },
        ],
      },
    ],
    volumes: [
      { name: "data", ...source },
      { name: "other", emptyDir: {} },
    ],
  },
});

const spec: FlinkDeploymentSpec = {
  flinkVersion: "v2_3",
  image: "flink:2.3",
  serviceAccount: "flink",
  flinkConfiguration: {
    "high-availability.type": "kubernetes",
    "high-availability.storageDir": "file:///data/ha",
  },
  jobManager: { resource: { memory: "1g", cpu: 1 } },
  taskManager: { resource: { memory: "1g", cpu: 1 } },
  podTemplate: mounted({ persistentVolumeClaim: { claimName: "data" } }),
  job: { jarURI: "local:///opt/job.jar", parallelism: 1 },
};

describe("the JobManager's pod of a later launch", () => {
  interface Pod {
    readonly spec: { readonly initContainers?: readonly Record<string, unknown>[] };
  }

  function cleanersOf(
    changed: FlinkDeploymentSpec = {},
    earlierLaunches: readonly string[] = [first, second],
  ) {
    const resource = asFlinkDeployment({ metadata: { name: "demo" }, spec: { ...spec, ...changed } });
    const { deployment } = buildFlinkDeployment({
      resource,
      config: deployConfig({ operatorConfig: emptyConfig, resource }),
      jobId: "0".repeat(32),
      launchId: third,
      restore: { kind: "none" },
      earlierLaunches,
    });
    const { template } = (deployment as KubeObject).spec as { readonly template: Pod };
    return template.spec.initContainers ?? [];
  }

  it.each(["native", "standalone"] as const)("removes the results of earlier ones (%s)", (mode) => {
    const [cleaner, ...others] = cleanersOf({ mode });
    expect(others).toEqual([]);
    expect(cleaner).toMatchObject({
      name: RESULT_CLEANER,
      image: "flink:2.3",
      resources: { limits: { memory: "1024Mi" } },
      securityContext: { runAsUser: 9999 },
      volumeMounts: [{ name: "data", mountPath: "/data" }],
    });
    expect((cleaner?.command as string[] | undefined)?.slice(4)).toEqual([
      `/data/ha/job-result-store/demo/${first}`,
      `/data/ha/application-result-store/demo/${first}`,
      `/data/ha/job-result-store/demo/${second}`,
      `/data/ha/application-result-store/demo/${second}`,
    ]);
  });

  it("never removes its own, and has no such container if there is nothing to remove", () => {
    expect(cleanersOf({}, [third])).toEqual([]);
    expect(cleanersOf({}, [])).toEqual([]);
  });

  it.each<[string, FlinkDeploymentSpec]>([
    ["that is deleted with the pod", { podTemplate: mounted({ emptyDir: {} }) }],
    ["that is not mounted", { podTemplate: undefined }],
    [
      "with the cleanup disabled",
      {
        flinkConfiguration: {
          ...(spec.flinkConfiguration as object),
          "kubernetes.operator.job-result-store.cleanup.enabled": "false",
        },
      },
    ],
  ])("has none for a directory %s", (_, changed) => {
    expect(cleanersOf(changed)).toEqual([]);
  });
});
