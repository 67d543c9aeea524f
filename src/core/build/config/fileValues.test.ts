import { describe, expect, it } from "vitest";
import { asFlinkDeployment, type FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "../../../config/effectiveConfig.ts";
import { flinkConfig } from "../../../config/flinkConfig.ts";
import { parseLegacyConfigFile } from "../../../config/values/configFile.ts";
import { parseList } from "../../../config/values/structured.ts";
import { buildFlinkDeployment } from "../cluster.ts";

const spec: FlinkDeploymentSpec = {
  flinkVersion: "v1_20",
  image: "flink:1.20",
  serviceAccount: "flink",
  jobManager: { resource: { memory: "1g", cpu: 1 } },
  taskManager: { resource: { memory: "1g", cpu: 1 } },
};
const job = { jarURI: "local:///opt/job.jar", parallelism: 1 };

function fileOf(changed: FlinkDeploymentSpec, defaults: Record<string, string> = {}) {
  const resource = asFlinkDeployment({
    metadata: { name: "demo", namespace: "apps", generation: 1 },
    spec: { ...spec, ...changed },
  });
  const config = deployConfig({ operatorConfig: flinkConfig(defaults), resource });
  const built = buildFlinkDeployment({
    resource,
    config,
    jobId: undefined,
    launchId: "launch",
    restore: { kind: "none" },
  });
  const configMap = built.beforeDeployment.find(({ object }) => object.metadata.name === "flink-config-demo");
  const data = (configMap?.object.data ?? {}) as Record<string, string>;
  return parseLegacyConfigFile(data["flink-conf.yaml"] ?? "");
}

const argsKey = "$internal.application.program-args";

describe("arguments of a native application of Flink 1", () => {
  it("are in the file as they are, blanks and quotes included", () => {
    const args = ["", " a ", "b;c", "it's", '"d"', "\te", "=f: g", ""];
    expect(parseList(fileOf({ job: { ...job, args } }).get(argsKey) ?? "")).toEqual(args);
  });

  it("that Flink would cut are refused with their indexes", () => {
    const args = ["--statement", "SELECT 1\nFROM t", "--topics=orders#eu", "--last"];
    expect(() => fileOf({ job: { ...job, args } })).toThrow(
      expect.objectContaining({
        field: "spec.job.args[1]",
        message: expect.stringMatching(/^spec\.job\.args\[1\]: .*\(so have spec\.job\.args\[2\]\)/),
      }),
    );
  });

  it("of a Python program are told apart from the options of Flink's driver", () => {
    const python = { script: "x", archives: ["local:///venv.zip#venv"] };
    const field = (of: object) =>
      expect(() => fileOf({ job: { parallelism: 1, python, ...of } })).toThrow(
        expect.objectContaining({ field: expect.stringMatching(/^spec\.job\.(python|args\[1])$/) }),
      );
    field({ args: ["a"] });
    field({ python: { script: "x" }, args: ["a", "b#c"] });
  });

  it("are accepted in standalone mode", () => {
    const args = ["a#b", "c\nrest.port: 1"];
    const file = fileOf({ mode: "standalone", job: { ...job, args } });
    expect(file.has(argsKey)).toBe(false);
    expect(file.get("rest.port")).toBeUndefined();
  });
});

describe("a value that Flink 1 would cut", () => {
  const opts = { "env.java.opts.all": "-Da=#b" };

  it.each([
    ["the spec", opts, {}],
    ["the operator's defaults", {}, opts],
    [
      "the defaults of the namespace",
      {},
      { "kubernetes.operator.default-configuration.namespace.apps.env.java.opts.all": "a\nb" },
    ],
    [
      "the defaults of the version",
      {},
      { "kubernetes.operator.default-configuration.flink-version.v1_20.env.java.opts.all": "a#b" },
    ],
  ])("is refused from %s", (_, flinkConfiguration, defaults) => {
    expect(() => fileOf({ flinkConfiguration }, defaults)).toThrow(
      expect.objectContaining({ field: "env.java.opts.all" }),
    );
  });

  it.each([
    ["spec.job.entryClass", { job: { ...job, entryClass: "a#b" } }],
    ["spec.job.jarURI", { job: { ...job, jarURI: "local:///a#b.jar" } }],
    ["containerized.taskmanager.env.A", { flinkConfiguration: { "containerized.taskmanager.env.A": "a#b" } }],
    ["a#b", { flinkConfiguration: { "a#b": "c" } }],
  ])("is refused as %s", (field, changed) => {
    expect(() => fileOf(changed)).toThrow(expect.objectContaining({ field }));
  });

  it("is left out if only the operator reads it", () => {
    const flinkConfiguration = {
      "containerized.master.env.A": "a#b",
      "kubernetes.jobmanager.annotations": { "example.com/note": "c#d" },
    };
    expect(
      [...fileOf({ flinkConfiguration }).keys()].filter((key) => /env\.A|annotations/.test(key)),
    ).toEqual([]);
  });

  it("is not one that only ends with a blank", () => {
    const file = fileOf({ flinkConfiguration: { "env.java.opts.all": "-Da -Db\n" } });
    expect(file.get("env.java.opts.all")).toBe("-Da -Db");
  });
});
