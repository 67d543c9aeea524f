import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { goldenCases } from "../../test/support/golden.ts";
import type { KubeObject } from "../api/kubernetes.ts";
import { type RenderOptions, render } from "./render.ts";

const session = `
apiVersion: flink.apache.org/v1beta1
kind: FlinkDeployment
metadata:
  name: demo
spec:
  image: flink:2.2
  flinkVersion: v2_2
  serviceAccount: flink
  jobManager:
    resources: { requests: { memory: 1g, cpu: 500m } }
  taskManager:
    resources: { requests: { memory: 1g, cpu: "1" } }
`;

const yaml: RenderOptions = { output: "yaml" };

const renderText = (text: string, options: Partial<RenderOptions> = {}, operatorConfig?: string) =>
  render(
    { name: "demo.yaml", text },
    operatorConfig === undefined ? undefined : { name: "config.yaml", text: operatorConfig },
    { ...yaml, ...options },
  );

const objectsOf = (output: string): KubeObject[] => (load(output) as { items: KubeObject[] }).items;

describe("render", () => {
  it("prints the objects in the order of their creation", () => {
    const { output, errors } = renderText(session);
    expect(errors).toEqual([]);
    expect(
      objectsOf(output).map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
    ).toEqual([
      "Service default/demo",
      "ConfigMap default/flink-config-demo",
      "Deployment default/demo",
      "Service default/demo-rest",
    ]);
  });

  it("prints the same objects as JSON", () => {
    const fixed = { launchId: "00000000-0000-0000-0000-000000000000" };
    const json = JSON.parse(renderText(session, { ...fixed, output: "json" }).output);
    expect(json).toEqual(load(renderText(session, fixed).output));
  });

  it("omits owner references if the file has no uid", () => {
    const owners = (text: string) =>
      objectsOf(renderText(text).output).flatMap(({ metadata }) => metadata.ownerReferences ?? []);
    expect(owners(session)).toEqual([]);
    const deployed = owners(session.replace("name: demo", "name: demo\n  uid: u1"));
    expect(deployed).toHaveLength(4);
    expect(deployed).toEqual(
      deployed.map(() => expect.objectContaining({ kind: "FlinkDeployment", uid: "u1" })),
    );
  });

  it("finds the FlinkDeployment in a file with other objects", () => {
    const { errors } = renderText(`kind: ServiceAccount\nmetadata: {name: flink}\n---\n${session}`);
    expect(errors).toEqual([]);
  });

  it.each(["a:\n  b: '1'\n", "a.b: 1", '{"a": {"b": "1"}}', '{"a.b": "1"}'])(
    "reads the operator's configuration as %j",
    (operatorConfig) => {
      const { output } = renderText(session, { show: "effective-config" }, operatorConfig);
      expect(output.split("\n")).toContain("a.b: 1");
    },
  );

  it("prints the configuration of a refused resource, in addition to the reason", () => {
    const clash = `${session}  flinkConfiguration: { env.java.opts: -Da, env.java.opts.all: -Db }\n`;
    const { output, errors } = renderText(clash, { show: "effective-config" });
    expect(output).toContain("env.java.opts.all: -Db\n");
    expect(errors).toEqual([expect.stringContaining("Overlapping key prefixes")]);
    expect(renderText(clash).output).toBe("");
  });

  it.each([
    ["", "demo.yaml: holds no object"],
    ["a: [", "demo.yaml: is neither YAML nor JSON: "],
    [`${session}---${session}`, "demo.yaml: must hold one FlinkDeployment, not 2"],
    [session.replace("kind: FlinkDeployment", "kind: Pod"), "kind: must be FlinkDeployment"],
    [session.replace("v2_2", "v9_9"), "spec.flinkVersion: "],
    [session.replace("memory: 1g", "memory: much"), "spec.jobManager.resources.requests.memory: "],
    [
      session.replace("memory: 1g", "memory: 300m"),
      "jobmanager.memory.process.size: JobManager memory configuration failed: ",
    ],
  ])("refuses %j", (text, message) => {
    const { output, errors } = renderText(text);
    expect(output).toBe("");
    expect(errors[0]).toContain(message);
  });
});

const folder = "java-operator/objects";

interface Recording {
  readonly input: {
    readonly cr: KubeObject;
    readonly defaultConfig: Record<string, string>;
    readonly savepoint?: string;
  };
  readonly deployConfigBeforeSubmit: Record<string, string>;
}

describe(`render, held against test/golden/${folder}`, () => {
  const refused = /-native-x-nojar|-x-prefix-clash/;
  const cases = goldenCases<Recording>(folder)
    .map(({ version, name, ...recording }) => ({ name: `${version}-${name}`, recording }))
    .filter(({ name }) => !refused.test(name));

  // The reference builds a cluster whose Flink cannot fetch its jar. This operator refuses the resource.
  const fetched = cases.filter(({ name }) => !/(v1_16|standalone).*-httpjar/.test(name));

  it.each(fetched)("$name: the effective configuration", ({ recording }) => {
    const { input, deployConfigBeforeSubmit } = recording;
    const { cr, defaultConfig, savepoint } = input;
    const state: Partial<RenderOptions> =
      savepoint === undefined ? {} : savepoint.startsWith("s3:") ? { savepoint } : { lastState: true };
    const { output, errors } = render(
      { name: "cr.json", text: JSON.stringify(cr) },
      { name: "defaults.json", text: JSON.stringify(defaultConfig) },
      {
        ...yaml,
        ...state,
        jobId: "deadbeef".repeat(4),
        launchId: "00000000-0000-0000-0000-000000000000",
        show: "effective-config",
      },
    );
    expect(errors).toEqual([]);
    const sorted = Object.entries(deployConfigBeforeSubmit).sort(([a], [b]) => (a < b ? -1 : 1));
    expect(output).toBe(sorted.map(([key, value]) => `${key}: ${value}\n`).join(""));
  });
});

const executable = join(import.meta.dirname, "../../bin/kubectl-flink");

describe.skipIf(!existsSync(executable))("bin/kubectl-flink", () => {
  it("runs from anywhere", () => {
    const output = execFileSync(executable, ["render", "-f", "-"], {
      input: session,
      cwd: tmpdir(),
      encoding: "utf8",
    });
    expect(objectsOf(output)).toHaveLength(4);
  });

  it.each([
    [["render", "-f", "/absent"], "cannot read /absent"],
    [["render", "-f", "-"], "holds no object"],
    [["render", "-f", "-", "--job-id", "x"], "32 hexadecimal digits"],
    [["nothing"], "unknown command"],
  ])("prints the error of %j, without a stack trace", (args, message) => {
    const { status, stdout, stderr } = spawnSync(executable, args, { input: "", encoding: "utf8" });
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
