import { describe, expect, it } from "vitest";
import {
  asFlinkDeployment,
  type FlinkDeploymentSpec,
  type FlinkVersion,
  type JobSpec,
} from "../../api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "../../config/effectiveConfig.ts";
import { emptyConfig } from "../../config/flinkConfig.ts";
import { parseLegacyConfigFile, parseYamlConfigFile } from "../../config/values/configFile.ts";
import { buildFlinkDeployment } from "./cluster.ts";
import type { JsonObject } from "./json.ts";

interface Built {
  readonly configMaps: Readonly<Record<string, JsonObject>>;
  readonly pod: {
    volumes: JsonObject[];
    containers: { args: string[]; volumeMounts: JsonObject[]; env: JsonObject[] }[];
  };
  readonly config: ReadonlyMap<string, string>;
}

function build(job: JobSpec, flinkVersion: FlinkVersion = "v1_20", spec: FlinkDeploymentSpec = {}): Built {
  const resource = asFlinkDeployment({
    metadata: { name: "demo", namespace: "apps", generation: 1, uid: "u" },
    spec: {
      flinkVersion,
      image: "flink",
      serviceAccount: "flink",
      jobManager: { resource: { memory: "1g" } },
      taskManager: { resource: { memory: "1g" } },
      job: { parallelism: 1, ...job },
      ...spec,
    },
  });
  const { beforeDeployment, deployment } = buildFlinkDeployment({
    resource,
    config: deployConfig({ operatorConfig: emptyConfig, resource }),
    sqlRunner: "UEsFBg==",
    jobId: undefined,
    launchId: "launch",
    restore: { kind: "none" },
  });
  const configMaps = Object.fromEntries(beforeDeployment.map(({ object }) => [object.metadata.name, object]));
  const data = (configMaps["flink-config-demo"]?.data ?? {}) as Record<string, string>;
  return {
    configMaps,
    pod: (deployment.spec as { template: { spec: Built["pod"] } }).template.spec,
    config: parseLegacyConfigFile(data["flink-conf.yaml"] ?? ""),
  };
}

const mounts = ({ pod }: Built) => pod.containers[0]?.volumeMounts ?? [];
const volume = ({ pod }: Built, name: string) => pod.volumes.find((each) => each.name === name);
const job: JobSpec = {
  sql: {
    script: "INSERT INTO a SELECT '${b}' -- #",
    variables: { b: "1" },
    variablesFrom: [{ secretRef: { name: "kafka" } }, { configMapRef: { name: "regions" } }],
  },
};

describe("an SQL job", () => {
  it("has its script, its inline variables and the runner in a ConfigMap of the cluster", () => {
    expect(build(job).configMaps["flink-program-demo"]).toMatchObject({
      metadata: {
        labels: { app: "demo", type: "flink-native-kubernetes", component: "program" },
        ownerReferences: [{ kind: "FlinkDeployment", uid: "u" }],
      },
      data: { "job.sql": job.sql?.script, "variable.b": "1" },
      binaryData: { "flink-sql-runner.jar": "UEsFBg==" },
    });
  });

  it("is mounted with its runner, and a folder for each source of variables, the inline ones last", () => {
    const built = build(job);
    expect(volume(built, "flink-program-volume")).toMatchObject({
      projected: {
        sources: [
          {
            configMap: {
              name: "flink-program-demo",
              items: [
                { key: "job.sql", path: "job.sql" },
                { key: "flink-sql-runner.jar", path: "flink-sql-runner.jar" },
              ],
            },
          },
        ],
      },
    });
    expect([0, 1, 2].map((index) => volume(built, `flink-variables-${index}`))).toMatchObject([
      { secret: { secretName: "kafka" } },
      { configMap: { name: "regions" } },
      { configMap: { name: "flink-program-demo", items: [{ key: "variable.b", path: "b" }] } },
    ]);
    expect(mounts(built)).toEqual(
      expect.arrayContaining([
        { name: "flink-program-volume", mountPath: "/opt/flink/program" },
        { name: "flink-variables-2", mountPath: "/opt/flink/variables/2" },
      ]),
    );
  });

  it("runs the runner's class with the paths, in native mode", () => {
    const { config } = build(job);
    expect(config.get("pipeline.jars")).toBe("local:///opt/flink/program/flink-sql-runner.jar");
    expect(config.get("$internal.application.main")).toBe("flink.operator.sql.SqlJob");
    expect(config.get("$internal.application.program-args")).toBe(
      "--script;/opt/flink/program/job.sql;--variables;/opt/flink/variables/0;--variables;/opt/flink/variables/1;--variables;/opt/flink/variables/2",
    );
  });

  it("has the runner beside the jars of the image in standalone mode, which it does not hide", () => {
    const built = build(job, "v2_3", { mode: "standalone" });
    expect(built.pod.containers[0]?.args).toEqual(
      expect.arrayContaining([
        "--job-classname",
        "flink.operator.sql.SqlJob",
        "--script",
        "/opt/flink/program/job.sql",
      ]),
    );
    expect(
      mounts(built).filter(({ mountPath }) => String(mountPath).startsWith("/opt/flink/usrlib")),
    ).toEqual([
      {
        name: "flink-program-volume",
        mountPath: "/opt/flink/usrlib/flink-sql-runner.jar",
        subPath: "flink-sql-runner.jar",
      },
    ]);
    const data = built.configMaps["flink-config-demo"]?.data as Record<string, string>;
    expect([...parseYamlConfigFile(data["config.yaml"] ?? "").keys()]).not.toContain("pipeline.classpaths");
  });

  it("mounts the keys that scriptFrom refers to, in order, and no content of theirs", () => {
    const scriptFrom = [
      { configMapKeyRef: { name: "scripts", key: "tables.sql" } },
      { secretKeyRef: { name: "more", key: "insert.sql" } },
    ];
    const built = build({ sql: { scriptFrom } });
    expect(built.configMaps["flink-program-demo"]?.data).toEqual({});
    expect(volume(built, "flink-program-volume")).toMatchObject({
      projected: {
        sources: [
          { configMap: { name: "flink-program-demo" } },
          { configMap: { name: "scripts", items: [{ key: "tables.sql", path: "tables.sql" }] } },
          { secret: { name: "more", items: [{ key: "insert.sql", path: "insert.sql" }] } },
        ],
      },
    });
    expect(built.config.get("$internal.application.program-args")).toBe(
      "--script;/opt/flink/program/tables.sql;--script;/opt/flink/program/insert.sql",
    );
  });

  it("keeps the classpaths of the user in standalone mode, and hides none of the image's jars for them", () => {
    const flinkConfiguration = { "pipeline.classpaths": "file:///opt/own.jar" };
    const built = build(job, "v2_3", { mode: "standalone", flinkConfiguration });
    const data = built.configMaps["flink-config-demo"]?.data as Record<string, string>;
    expect(parseYamlConfigFile(data["config.yaml"] ?? "").get("pipeline.classpaths")).toBe(
      "file:///opt/own.jar",
    );
    expect(mounts(built).map(({ mountPath }) => mountPath)).not.toContain("/opt/flink/usrlib");
  });

  it("tells the runner that the termination message is where Kubernetes has it", () => {
    expect(build(job).pod.containers[0]?.env).toContainEqual({
      name: "SQL_PROBLEM_FILE",
      value: "/dev/termination-log",
    });
  });

  it("tells the runner where a template has the termination message", () => {
    const podTemplate = {
      spec: { containers: [{ name: "flink-main-container", terminationMessagePath: "/tmp/end" }] },
    };
    expect(build(job, "v1_20", { podTemplate }).pod.containers[0]?.env).toContainEqual({
      name: "SQL_PROBLEM_FILE",
      value: "/tmp/end",
    });
  });
});

describe("a Python job", () => {
  it("is a program of Flink's driver, with its own arguments last and no jar", () => {
    const { config, configMaps } = build({ python: { script: "import a" }, args: ["--topic", "orders"] });
    expect(config.get("$internal.application.main")).toBe("org.apache.flink.client.python.PythonDriver");
    expect(config.get("$internal.application.program-args")).toBe(
      "-py;/opt/flink/program/job.py;--topic;orders",
    );
    expect(config.has("pipeline.jars")).toBe(false);
    expect(configMaps["flink-program-demo"]).toMatchObject({ data: { "job.py": "import a" } });
    expect(configMaps["flink-program-demo"]).not.toHaveProperty("binaryData");
  });

  it.each([
    [
      "the first key of scriptFrom, with the others as modules",
      {
        scriptFrom: [
          { configMapKeyRef: { name: "a", key: "job.py" } },
          { configMapKeyRef: { name: "a", key: "own.py" } },
        ],
        files: ["local:///more.zip"],
      },
      "-py;/opt/flink/program/job.py;-pyfs;/opt/flink/program/own.py,/more.zip",
    ],
    ["a file of the image", { file: "local:///opt/a.py" }, "-py;/opt/a.py"],
    [
      "a module, with an interpreter of the image for both processes",
      { module: "job", files: ["local:///job.py"], executable: "/venv/bin/python" },
      "-pym;job;-pyfs;/job.py;-pyclientexec;/venv/bin/python;-pyexec;/venv/bin/python",
    ],
    [
      "an interpreter of an archive, which the program itself cannot have",
      {
        file: "local:///a.py",
        requirements: "local:///r.txt",
        archives: ["local:///venv.zip"],
        executable: "venv.zip/bin/python",
      },
      "-py;/a.py;-pyreq;/r.txt;-pyarch;/venv.zip;-pyexec;venv.zip/bin/python",
    ],
  ])("may be %s", (_, python, args) => {
    expect(build({ python }).config.get("$internal.application.program-args")).toBe(args);
  });

  it("needs no ConfigMap and no volume if its files are in the image", () => {
    const built = build({ python: { file: "local:///a.py" } });
    expect(Object.keys(built.configMaps)).not.toContain("flink-program-demo");
    expect(volume(built, "flink-program-volume")).toBeUndefined();
  });
});
