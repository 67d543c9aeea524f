import { expect, it, test } from "vitest";
import type { FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkSessionJobSpec } from "../../api/v1beta1/flinksessionjob.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { validateFlinkSessionJob } from "./validateFlinkSessionJob.ts";

const spec: FlinkSessionJobSpec = {
  deploymentName: "session",
  job: { jarURI: "https://example.com/job.jar", parallelism: 1 },
};
const withJob = (job: object): FlinkSessionJobSpec => ({ ...spec, job: { ...spec.job, ...job } });
const cluster = { metadata: { name: "session" }, spec: {} } as FlinkDeployment;
const application = { ...cluster, spec: { job: {} } } as FlinkDeployment;

const errors = (
  asked: unknown,
  {
    of = cluster as FlinkDeployment | undefined,
    deployed = undefined as FlinkSessionJobSpec | undefined,
    config = {},
  } = {},
) => validateFlinkSessionJob({ metadata: { name: "job" }, spec: asked }, flinkConfig(config), of, deployed);

const configMapKey = { configMapKeyRef: { name: "scripts", key: "a.py" } };

test("SQL and Python programs need no jar", () => {
  for (const job of [
    { sql: { script: "a", variables: { b: "c" } } },
    { sql: { scriptFrom: [configMapKey], variablesFrom: [{ configMapRef: { name: "a" } }] } },
    { python: { file: "local:///job.py" } },
    { python: { module: "job", files: ["local:///job.py"] } },
  ])
    expect(errors(withJob({ jarURI: undefined, ...job }))).toEqual([]);
});

test.each([
  [
    "a script of a Secret",
    { sql: { scriptFrom: [configMapKey, { secretKeyRef: { name: "a", key: "b.sql" } }] } },
    "spec.job.sql.scriptFrom[1].secretKeyRef",
  ],
  [
    "variables of a Secret",
    { sql: { script: "a", variablesFrom: [{ secretRef: { name: "a" } }] } },
    "spec.job.sql.variablesFrom[0].secretRef",
  ],
  [
    "jars of a script",
    { sql: { script: "a", jars: [{ uri: "https://a.example.com/a.jar" }] } },
    "spec.job.sql.jars",
  ],
  ["jars beside a jar", { entryClass: "Job", jars: [{ uri: "local:///a.jar" }] }, "spec.job.jars"],
  ["an inline Python program", { python: { script: "a" } }, "spec.job.python.script"],
  [
    "a Python program of a ConfigMap",
    { python: { scriptFrom: [configMapKey] } },
    "spec.job.python.scriptFrom",
  ],
])("refuses %s, which its cluster's pods do not have", (_, job, field) => {
  expect(errors(withJob({ jarURI: undefined, ...job }))).toEqual([
    { field, message: expect.stringContaining("pods do not mount it") },
  ]);
});

test("a script that is too long is advised to be in a ConfigMap", () => {
  const [error] = errors(withJob({ jarURI: undefined, sql: { script: "x".repeat(262_145) } }));
  expect(error).toEqual({
    field: "spec.job.sql.script",
    message: expect.stringMatching(/put it into a ConfigMap/),
  });
});

test("a script and its source at once are one error", () => {
  const job = { jarURI: undefined, sql: { script: "a", scriptFrom: [configMapKey] } };
  expect(errors(withJob(job)).map(({ field }) => field)).toEqual(["spec.job.sql.scriptFrom"]);
});

test("a script needs a session cluster whose Flink can run it", () => {
  const of = { ...cluster, spec: { flinkVersion: "v1_15" } } as FlinkDeployment;
  expect(errors(withJob({ jarURI: undefined, sql: { script: "a" } }), { of })).toEqual([
    { field: "spec.job.sql", message: expect.stringMatching(/v1_16 or newer, and this is v1_15/) },
  ]);
});

test("a valid one has no errors, whether or not its session cluster is known", () => {
  expect(errors(spec)).toEqual([]);
  expect(validateFlinkSessionJob({ metadata: { name: "job" }, spec }, flinkConfig({}), undefined)).toEqual(
    [],
  );
});

it.each([
  ["no deploymentName", { job: spec.job }, {}, "spec.deploymentName"],
  ["a deploymentName that is none", { ...spec, deploymentName: "No_Name" }, {}, "spec.deploymentName"],
  ["no job", { deploymentName: "session" }, {}, "spec.job"],
  ["a job on an application cluster", spec, { of: application }, "spec.deploymentName"],
  [
    "another session cluster than before",
    spec,
    { deployed: { ...spec, deploymentName: "other" } },
    "spec.deploymentName",
  ],
  [
    "a jar of a scheme that is not allowed",
    withJob({ jarURI: "ftp://example.com/job.jar" }),
    {},
    "spec.job.jarURI",
  ],
  ["a jar on a local host", withJob({ jarURI: "https://127.0.0.1/job.jar" }), {}, "spec.job.jarURI"],
  ["no parallelism", withJob({ parallelism: 0 }), {}, "spec.job.parallelism"],
  ["a jar beside a script", withJob({ sql: { script: "a" } }), {}, "spec.job.jarURI"],
  [
    "state without a place for checkpoints",
    withJob({ upgradeMode: "last-state" }),
    {},
    "spec.job.upgradeMode",
  ],
  [
    "savepoints without a directory",
    withJob({ upgradeMode: "savepoint" }),
    { config: { "state.checkpoints.dir": "file:///c" } },
    "spec.job.upgradeMode",
  ],
  [
    "a redeployment from nowhere",
    withJob({ savepointRedeployNonce: 1 }),
    { deployed: spec },
    "spec.job.initialSavepointPath",
  ],
  [
    "an impossible option of the autoscaler",
    spec,
    { config: { "job.autoscaler.enabled": "true", "job.autoscaler.utilization.target": "2" } },
    "job.autoscaler.utilization.target",
  ],
  ["a field of the wrong type", { ...spec, deploymentName: 7 }, {}, "spec.deploymentName"],
])("rejects %s, and names the field", (_, asked, more, field) => {
  expect(errors(asked, more)[0]?.field).toBe(field);
});
