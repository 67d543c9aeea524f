import { describe, expect, it } from "vitest";
import { asFlinkDeployment, type FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "../../config/effectiveConfig.ts";
import { emptyConfig } from "../../config/flinkConfig.ts";
import { buildFlinkDeployment } from "./cluster.ts";
import type { JsonObject } from "./json.ts";
import type { SqlCheckObjects } from "./sqlCheck.ts";

const base: FlinkDeploymentSpec = {
  flinkVersion: "v2_3",
  image: "flink:2.3",
  serviceAccount: "flink",
  jobManager: { resource: { memory: "1g" } },
  taskManager: { resource: { memory: "1g" } },
  job: { sql: { script: "INSERT INTO a SELECT 2", variables: { b: "2" } } },
};

const running: FlinkDeploymentSpec = {
  ...base,
  flinkVersion: "v1_20",
  job: {
    sql: {
      scriptFrom: [{ configMapKeyRef: { name: "scripts", key: "old.sql" } }],
      variablesFrom: [{ secretRef: { name: "kafka" } }],
    },
  },
};

function check(
  spec: Partial<FlinkDeploymentSpec> = {},
  before: FlinkDeploymentSpec | undefined = running,
): SqlCheckObjects {
  const resource = asFlinkDeployment({
    metadata: { name: "demo", namespace: "apps", generation: 2, uid: "u" },
    spec: { ...base, ...spec },
  });
  const { sqlCheck } = buildFlinkDeployment({
    resource,
    config: deployConfig({ operatorConfig: emptyConfig, resource }),
    sqlRunner: "UEsFBg==",
    jobId: undefined,
    launchId: "launch",
    restore: { kind: "none" },
  });
  const objects = sqlCheck?.({ name: "sql-check-demo-1", deadlineSeconds: 300, running: before });
  if (objects === undefined) throw new Error("no check");
  return objects;
}

interface PodSpec {
  containers: (JsonObject & {
    args: string[];
    volumeMounts: { name: string; mountPath: string }[];
    env: JsonObject[];
  })[];
  initContainers?: JsonObject[];
  volumes: JsonObject[];
}
const podOf = (objects: SqlCheckObjects) => objects.pod.spec as PodSpec & JsonObject;
const mainOf = (objects: SqlCheckObjects) => {
  const [main] = podOf(objects).containers;
  if (main === undefined) throw new Error("no container");
  return main;
};
const volumeOf = (objects: SqlCheckObjects, path: string) => {
  const mount = mainOf(objects).volumeMounts.find(({ mountPath }) => mountPath === path);
  return podOf(objects).volumes.find(({ name }) => name === mount?.name);
};

describe("the check of an SQL script", () => {
  it("has the new files in a ConfigMap of its own, outside of the watch", () => {
    const { configMap } = check();
    expect(configMap).toMatchObject({
      metadata: {
        name: "sql-check-demo-1",
        labels: { app: "demo", component: "program" },
        ownerReferences: [{ kind: "FlinkDeployment", uid: "u" }],
      },
      data: { "job.sql": "INSERT INTO a SELECT 2", "variable.b": "2" },
      binaryData: { "flink-sql-runner.jar": "UEsFBg==" },
    });
    expect(Object.keys(configMap.data as object)).toContain("config.yaml");
  });

  it("is a pod that belongs to the resource, that no Service or Deployment selects, and that ends", () => {
    const { pod } = check();
    expect(pod).toMatchObject({
      kind: "Pod",
      metadata: {
        name: "sql-check-demo-1",
        labels: { app: "demo", type: "flink-native-kubernetes", component: "sql-check" },
        ownerReferences: [{ uid: "u" }],
      },
      spec: {
        restartPolicy: "Never",
        activeDeadlineSeconds: 300,
        automountServiceAccountToken: false,
        serviceAccountName: "flink",
      },
    });
  });

  it("mounts no file that the running job is launched with again", () => {
    const objects = check();
    expect(volumeOf(objects, "/opt/flink/conf")).toMatchObject({ configMap: { name: "sql-check-demo-1" } });
    expect(volumeOf(objects, "/opt/flink/program")).toMatchObject({
      projected: { sources: [{ configMap: { name: "sql-check-demo-1" } }] },
    });
    expect(volumeOf(objects, "/opt/flink/variables/0")).toMatchObject({
      configMap: { name: "sql-check-demo-1" },
    });
  });

  it("reads the script and the configuration of the running job, as far as they are there", () => {
    const objects = check();
    const { args } = mainOf(objects);
    expect(args).toEqual([
      "--script",
      "/opt/flink/program/job.sql",
      "--variables",
      "/opt/flink/variables/0",
      "--running",
      "/opt/flink/running/conf",
      "--script",
      "/opt/flink/running/program/old.sql",
      "--variables",
      "/opt/flink/running/variables/0",
    ]);
    expect(volumeOf(objects, "/opt/flink/running/conf")).toMatchObject({
      configMap: { name: "flink-config-demo", items: [{ key: "flink-conf.yaml" }], optional: true },
    });
    expect(volumeOf(objects, "/opt/flink/running/program")).toMatchObject({
      projected: {
        sources: [{ configMap: { optional: true } }, { configMap: { name: "scripts", optional: true } }],
      },
    });
    expect(volumeOf(objects, "/opt/flink/running/variables/0")).toMatchObject({
      secret: { secretName: "kafka", optional: true },
    });
  });

  it("compares with nothing where there is no script, or no interest", () => {
    for (const before of [
      { ...base, job: { jarURI: "local:///x.jar" } },
      { ...base, job: {} },
    ]) {
      expect(mainOf(check({}, before)).args).not.toContain("--running");
    }
  });

  it("tells its result in the termination message of the container", () => {
    const main = mainOf(check());
    expect(main.env).toContainEqual({ name: "SQL_PROBLEM_FILE", value: "/dev/termination-log" });
    expect(main.env).toContainEqual({ name: "FLINK_CONF_DIR", value: "/opt/flink/conf" });
    expect(main.terminationMessagePolicy).toBe("FallbackToLogsOnError");
  });

  it("runs without rights, unless the template says otherwise", () => {
    const restricted = {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 9999,
      runAsGroup: 9999,
    };
    expect(mainOf(check()).securityContext).toEqual(restricted);
    expect(volumeOf(check(), "/tmp")).toMatchObject({ emptyDir: {} });
    const root = check({ podTemplate: { spec: { securityContext: { runAsUser: 0 } } } } as object);
    const { runAsNonRoot: _, runAsUser: __, runAsGroup: ___, ...others } = restricted;
    expect(mainOf(root).securityContext).toEqual(others);
    const privileged = {
      privileged: true,
      allowPrivilegeEscalation: true,
      capabilities: { add: ["SYS_ADMIN"] },
      readOnlyRootFilesystem: false,
    };
    const containers = [{ name: "flink-main-container", securityContext: privileged }];
    expect(mainOf(check({ podTemplate: { spec: { containers } } } as object)).securityContext).toEqual({
      ...restricted,
      readOnlyRootFilesystem: false,
    });
  });

  it("keeps what a template adds for the class path, and nothing that would not end", () => {
    const objects = check({
      podTemplate: {
        spec: {
          initContainers: [{ name: "connectors" }],
          containers: [
            { name: "logs" },
            {
              name: "flink-main-container",
              volumeMounts: [{ name: "jars", mountPath: "/opt/flink/usrlib" }],
              readinessProbe: { httpGet: { port: "rest" } },
            },
          ],
          volumes: [{ name: "jars", emptyDir: {} }],
        },
      },
    } as object);
    expect(podOf(objects).containers.map(({ name }) => name)).toEqual(["flink-main-container"]);
    expect(podOf(objects).initContainers).toEqual([{ name: "connectors" }]);
    expect(volumeOf(objects, "/opt/flink/usrlib")).toEqual({ name: "jars", emptyDir: {} });
    expect(mainOf(objects)).not.toHaveProperty("readinessProbe");
    expect(mainOf(objects)).not.toHaveProperty("startupProbe");
    expect(JSON.stringify(objects.pod)).not.toContain("pod-template-demo");
  });

  it("has the jars of the job on its class path, and fetches them", () => {
    const uri = "https://jars.example.com/kafka.jar";
    const objects = check({ job: { sql: { script: "INSERT INTO a SELECT 2", jars: [{ uri }] } } });
    const names = (items: readonly JsonObject[] = []) => items.map(({ name }) => name);
    expect(mainOf(objects).env).toContainEqual({
      name: "SQL_CHECK_JARS",
      value: "/opt/flink/jars/0-kafka.jar",
    });
    expect(names(podOf(objects).initContainers)).toEqual(["flink-jar-fetcher"]);
    const request = podOf(objects).volumes.find(({ name }) => name === "flink-jar-request");
    expect(JSON.stringify(request)).toContain(`"name":"sql-check-demo-1","items":[{"key":"jars.json"`);
    expect(Object.keys(objects.configMap.data as object)).toContain("jars.json");
  });

  it("has the same pod in standalone mode", () => {
    expect(mainOf(check({ mode: "standalone" })).args).toEqual(mainOf(check()).args);
    const paths = mainOf(check({ mode: "standalone" })).volumeMounts.map(({ mountPath }) => mountPath);
    expect(paths).not.toContain("/opt/flink/usrlib/flink-sql-runner.jar");
  });
});
