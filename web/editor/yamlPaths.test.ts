import { describe, expect, test } from "vitest";
import { formatPath, lineOfPath, parsePath, scanYaml, typingAt } from "./yamlPaths.ts";

const manifest = `kind: FlinkDeployment
metadata:
  name: a
spec:
  # a comment: none of it
  flinkConfiguration:
    "taskmanager.numberOfTaskSlots": "2"
    execution.checkpointing.interval: 10 s
  job:
    args: [--a, "b: c"]
    sql: |
      SELECT a: b
      key: value
  podTemplate:
    spec:
      containers:
      - name: main
        env:
          - name: A
            value: x
          - name: B
      - name: side
    volumes:
      - plain
`;

test("every key has its path, scalars and braces have none within", () => {
  expect(scanYaml(manifest).map(({ path }) => formatPath(path))).toEqual([
    ...["kind", "metadata", "metadata.name", "spec", "spec.flinkConfiguration"],
    "spec.flinkConfiguration.taskmanager.numberOfTaskSlots",
    "spec.flinkConfiguration.execution.checkpointing.interval",
    ...["spec.job", "spec.job.args", "spec.job.sql", "spec.podTemplate", "spec.podTemplate.spec"],
    "spec.podTemplate.spec.containers",
    "spec.podTemplate.spec.containers[0].name",
    "spec.podTemplate.spec.containers[0].env",
    "spec.podTemplate.spec.containers[0].env[0].name",
    "spec.podTemplate.spec.containers[0].env[0].value",
    "spec.podTemplate.spec.containers[0].env[1].name",
    "spec.podTemplate.spec.containers[1].name",
    "spec.podTemplate.volumes",
    "spec.podTemplate.volumes[0]",
  ]);
});

test("offsets are those of the key", () => {
  const line = lineOfPath(scanYaml(manifest), ["spec", "job", "sql"]);
  expect(manifest.slice(line?.keyFrom, line?.keyTo)).toBe("sql");
});

test("what is not written is told at the nearest parent", () => {
  const line = lineOfPath(scanYaml(manifest), ["spec", "job", "jarURI", "x"]);
  expect(line?.path).toEqual(["spec", "job"]);
});

describe("what is being typed", () => {
  test.each([
    ["sp", { type: "key", parent: [], prefix: "sp" }],
    ["spec:\n  ", { type: "key", parent: ["spec"], prefix: "" }],
    ["spec:\n  job:\n    ja", { type: "key", parent: ["spec", "job"], prefix: "ja" }],
    ["spec:\n  job:\n    a: b\n  im", { type: "key", parent: ["spec"], prefix: "im" }],
    ["a:\n- name: x\n  va", { type: "key", parent: ["a", 0], prefix: "va" }],
    ["a:\n  - b: 1\n  - na", { type: "key", parent: ["a", 1], prefix: "na" }],
    ["spec:\n  mode: na", { type: "value", path: ["spec", "mode"], prefix: "na" }],
    ["spec:\n  mode: ", { type: "value", path: ["spec", "mode"], prefix: "" }],
    ["a: b # a comm", undefined],
  ])("%j", (text, typing) => expect(typingAt(text)).toEqual(typing));
});

test("paths are read as they are written", () => {
  expect(parsePath("spec.containers[12].name")).toEqual(["spec", "containers", 12, "name"]);
});
