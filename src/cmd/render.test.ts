import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { goldenCases } from "../../test/support/golden.ts";
import type { KubeObject } from "../api/kubernetes.ts";
import { readInputFiles } from "./inputFiles.ts";
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
    [{ name: "demo.yaml", text }],
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
    [session.replace("kind: FlinkDeployment", "kind: Pod"), "kind: must be FlinkDeployment"],
    [session.replace("FlinkDeployment", "FlinkDeploymet"), "did you mean FlinkDeployment?"],
    ["kind: Service\napiVersion: v1", "demo.yaml: holds no object of the kinds FlinkDeployment"],
    ["- a", "demo.yaml: holds something that is no object"],
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

const sessionJob = `
apiVersion: flink.apache.org/v1beta1
kind: FlinkSessionJob
metadata: { name: job }
spec:
  deploymentName: demo
  job: { jarURI: "https://jars.example.com/app.jar", parallelism: 1 }
`;
const snapshot = `
apiVersion: flink.apache.org/v1beta1
kind: FlinkStateSnapshot
metadata: { name: snapshot }
spec: { jobReference: { kind: FlinkSessionJob, name: job }, savepoint: { path: "s3://b/s" } }
`;

const renderAll = (texts: Record<string, string>, options: Partial<RenderOptions> = {}) =>
  render(
    Object.entries(texts).map(([name, text]) => ({ name, text })),
    undefined,
    { ...yaml, ...options },
  );

describe("an SQL job", () => {
  const example = readInputFiles([join(import.meta.dirname, "../../examples/sql-orders.yaml")], false);
  const program = (output: string) =>
    objectsOf(output).find(({ metadata }) => metadata.name === "flink-program-sql-orders");

  it("is printed with its ConfigMap, and a warning where that lacks the runner", () => {
    const { output, errors, warnings } = render(example, undefined, yaml);
    expect(errors).toEqual([]);
    expect(warnings.filter((text) => text.includes("spec.job.sql"))).toEqual([
      expect.stringMatching(/^FlinkDeployment sql-orders: spec.job.sql: .*SQL_RUNNER_JAR/),
    ]);
    expect(program(output)).toMatchObject({
      data: { "job.sql": expect.stringContaining("INSERT INTO totals") },
    });
  });

  it("has the runner where it is known", () => {
    const { output, warnings } = render(example, undefined, { ...yaml, sqlRunner: "UEsFBg==" });
    expect(warnings.filter((text) => text.includes("spec.job.sql"))).toEqual([]);
    expect(program(output)).toMatchObject({ binaryData: { "flink-sql-runner.jar": "UEsFBg==" } });
  });
});

it("warns where the image is not known that fetches jars", () => {
  const example = readInputFiles([join(import.meta.dirname, "../../examples/sql-connector.yaml")], false);
  const { output, warnings } = render(example, undefined, { ...yaml, sqlRunner: "UEsFBg==" });
  expect(warnings.at(-1)).toMatch(/spec.job.sql.jars: .*fetcher\.image/);
  expect(output).toContain("flink-jar-fetcher");
});

it("renders each example", () => {
  const examples = readInputFiles([join(import.meta.dirname, "../../examples")], false);
  expect(render(examples, undefined, yaml).errors).toEqual([]);
});

describe("all objects of all files", () => {
  it("are validated, and objects of other groups are skipped", () => {
    const other = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: other }\ndata: { a: 1 }\n";
    const all = renderAll({ "a.yaml": `${other}---${session}---${sessionJob}---${snapshot}` });
    expect(all).toMatchObject({ errors: [], warnings: [] });
    expect(objectsOf(all.output)).toHaveLength(4);
  });

  it("have each error with the object's name", () => {
    const wrong = sessionJob.replace("parallelism: 1", "parallelism: 0, upgradMode: stateless");
    const { output, errors } = renderAll({ "a.yaml": `${session}---${wrong}` });
    expect(output).toBe("");
    expect(errors).toEqual([
      "FlinkSessionJob job: spec.job.upgradMode: there is no such field: did you mean upgradeMode?",
      expect.stringMatching(/^FlinkSessionJob job: spec\.job\.parallelism: must be 1 or more/),
    ]);
    const zero = sessionJob.replace("parallelism: 1", "parallelism: 0");
    expect(renderAll({ "a.yaml": zero }).errors).toEqual([
      expect.stringMatching(/^FlinkSessionJob job: spec\.job\.parallelism: must be 1 or more/),
    ]);
  });

  it("are read from several files, each error with its file", () => {
    const bad = session.replace("v2_2", "v9_9").replace("name: demo", "name: other");
    const { errors } = renderAll({ "a.yaml": bad, "b.yaml": session });
    expect(errors).toEqual([expect.stringMatching(/^a\.yaml: FlinkDeployment other: spec\.flinkVersion: /)]);
    const good = renderAll({ "a.yaml": session.replace("name: demo", "name: other"), "b.yaml": session });
    expect(objectsOf(good.output).map(({ metadata }) => metadata.name)).toContain("flink-config-other");
    expect(objectsOf(good.output)).toHaveLength(8);
  });

  it("can refer to each other across files", () => {
    const application = session.replace("spec:", "spec:\n  job: { jarURI: local:///a.jar, parallelism: 1 }");
    const { errors } = renderAll({ "a.yaml": application, "b.yaml": sessionJob });
    expect(errors).toEqual([expect.stringContaining("b.yaml: FlinkSessionJob job: spec.deploymentName: ")]);
  });

  it("are in the namespace of the command line if they have none", () => {
    const { output } = renderAll({ "a.yaml": session }, { namespace: "apps" });
    expect(new Set(objectsOf(output).map(({ metadata }) => metadata.namespace))).toEqual(new Set(["apps"]));
  });

  it("cannot share the options of one launch", () => {
    const other = session.replace("name: demo", "name: other");
    expect(renderAll({ "a.yaml": `${session}---${other}` }, { savepoint: "s3://b/s" }).errors).toEqual([
      "--savepoint: is for one FlinkDeployment, not for 2",
    ]);
  });

  it.each([
    [`{{ if .Values.a }}\n${session}`, "demo.yaml: is a template, as of Helm"],
    [session.replace("name: demo", 'name: "{{ .Release.Name }}"'), "is a template, as of Helm"],
    [session.replace("image: flink:2.2", "image: {{ .Values.image }}"), "is a template, as of Helm"],
  ])("that are templates are named as such: %j", (text, message) => {
    expect(renderText(text).errors).toEqual([expect.stringContaining(message)]);
  });

  it("may have the names of an ingress template", () => {
    const text = `${session}  ingress: { template: "{{name}}.{{namespace}}.example.com" }\n`;
    expect(renderText(text).errors).toEqual([]);
  });
});

describe("pod templates", () => {
  const withMain = (fields: string) =>
    `${session}  podTemplate: { spec: { containers: [{ name: flink-main-container, ${fields} }] } }\n`;

  it("with fields that this version does not know are a warning, since a newer API server may", () => {
    const { output, errors, warnings } = renderText(withMain("livenessprobe: {}"));
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^FlinkDeployment demo: spec\.podTemplate\.spec\.containers\[0\]\.livenessprobe: .*did you mean livenessProbe\?$/,
      ),
    ]);
    expect(output).toContain("livenessprobe");
  });

  it("with values that no API server can decode are refused", () => {
    const { output, errors } = renderText(withMain("tty: 1"));
    expect(output).toBe("");
    expect(errors).toEqual([expect.stringContaining("containers[0].tty: must be true or false, not 1")]);
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
      [{ name: "cr.json", text: JSON.stringify(cr) }],
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

  it("takes several files, and folders with the folders in them", () => {
    const at = mkdtempSync(join(tmpdir(), "render-"));
    mkdirSync(join(at, "sub"));
    writeFileSync(join(at, "a.yaml"), session);
    writeFileSync(join(at, "notes.txt"), "no manifest");
    writeFileSync(join(at, "sub/b.yml"), session.replace("name: demo", "name: other"));
    const count = (...args: string[]) =>
      objectsOf(execFileSync(executable, ["render", ...args], { encoding: "utf8" })).length;
    expect(count("-f", at)).toBe(4);
    expect(count("-R", "-f", at)).toBe(8);
    expect(count("-f", join(at, "a.yaml"), "-f", join(at, "sub/b.yml"))).toBe(8);
  });

  it.each([
    [["render", "-f", "/absent"], "cannot read /absent"],
    [["render", "-f", "-"], "holds no object"],
    [["render", "-f", "-", "--job-id", "x"], "32 hexadecimal digits"],
    [["render", "-f", join(import.meta.dirname, "../../docs")], "docs holds no .yaml, .yml or .json file"],
    [["nothing"], "unknown command"],
  ])("prints the error of %j, without a stack trace", (args, message) => {
    const { status, stdout, stderr } = spawnSync(executable, args, { input: "", encoding: "utf8" });
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
