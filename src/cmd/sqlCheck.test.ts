import { describe, expect, it } from "vitest";
import { sqlCheck, sqlScript } from "./sqlCheck.ts";

const manifest = (job: string, kind = "FlinkDeployment") => ({
  name: "job.yaml",
  text: `
apiVersion: v1
kind: ConfigMap
metadata: { name: other }
---
apiVersion: flink.apache.org/v1beta1
kind: ${kind}
metadata: { name: demo }
spec:
  flinkConfiguration: { "table.exec.mini-batch.enabled": "true" }
  job: ${job}
`,
});

describe("the script of a file", () => {
  it("is the text of a .sql file", () => {
    const file = { name: "folder/job.sql", text: "INSERT INTO a SELECT 1" };
    expect(sqlScript(file)).toEqual({ ...file, variables: {}, configuration: {} });
  });

  it.each(["FlinkDeployment", "FlinkSessionJob"])("is spec.job.sql of a %s", (kind) => {
    const job = '{ parallelism: 2, sql: { script: "INSERT", variables: { region: eu } } }';
    expect(sqlScript(manifest(job, kind))).toEqual({
      name: "script",
      text: "INSERT",
      variables: { region: "eu" },
      configuration: { "table.exec.mini-batch.enabled": "true", "parallelism.default": 2 },
    });
  });

  it.each([
    ["{ jarURI: local:///a.jar }", "job.yaml: spec.job.sql.script is missing"],
    [
      "{ sql: { scriptFrom: [] } }",
      "job.yaml: spec.job.sql.script is missing, since scriptFrom is in the cluster: check its text as a .sql file",
    ],
    ["{ sql: [", /^job\.yaml: is neither YAML nor JSON/],
  ])("is missing in %s", (job, message) => {
    expect(() => sqlScript(manifest(job))).toThrow(message);
  });
});

it("needs a Flink distribution", async () => {
  const file = { name: "job.sql", text: "" };
  await expect(sqlCheck(file, "runner.jar", { flinkHome: import.meta.dirname })).rejects.toThrow(
    /^--flink-home .* holds no lib\/flink-dist-\*\.jar$/,
  );
});
