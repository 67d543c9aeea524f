import { expect, it } from "vitest";
import { effectiveConfig } from "../../config/effectiveConfig.ts";
import { emptyConfig } from "../../config/flinkConfig.ts";
import { greenDeploymentOf, validateFlinkBlueGreenDeployment } from "./validateFlinkBlueGreenDeployment.ts";

const memory = { resources: { requests: { memory: "2048m", cpu: "1" } } };
const deployment = {
  image: "flink:2.2",
  flinkVersion: "v2_2",
  serviceAccount: "flink",
  jobManager: memory,
  taskManager: memory,
  job: { jarURI: "local:///opt/flink/usrlib/job.jar", parallelism: 1 },
};

function errorsOf(spec: object, name = "pair"): string[] {
  const resource = {
    apiVersion: "flink.apache.org/v1beta1",
    kind: "FlinkBlueGreenDeployment",
    metadata: { name, namespace: "default" },
    spec,
  };
  const config = effectiveConfig({ operatorConfig: emptyConfig, resource: greenDeploymentOf(resource) });
  return validateFlinkBlueGreenDeployment(resource, config).map(
    ({ field, message }) => `${field}: ${message}`,
  );
}

it("accepts a template from which both FlinkDeployments can be created", () => {
  expect(
    errorsOf({
      configuration: { "kubernetes.operator.bluegreen.abort.grace-period": "5 min" },
      ingress: { template: "{{name}}.example.com" },
      template: { metadata: { labels: { a: "b" } }, spec: deployment },
    }),
  ).toEqual([]);
});

it("names the path of an error in the template", () => {
  expect(errorsOf({ template: { spec: { ...deployment, job: { parallelism: 0 } } } })).toEqual(
    expect.arrayContaining([
      "spec.template.spec.job.parallelism: must be 1 or more, not 0, unless spec.taskManager.replicas is set",
    ]),
  );
});

it("validates the names of both FlinkDeployments", () => {
  expect(errorsOf({ template: { spec: deployment } }, "a".repeat(39))).toEqual([]);
  expect(errorsOf({ template: { spec: deployment } }, "a".repeat(40))).toEqual([
    expect.stringMatching(/^metadata.name: "a{40}" becomes a FlinkDeployment of the name "a{40}-green"/),
  ]);
});

it("requires a job, an ingress with a template, and valid option values", () => {
  expect(errorsOf({})).toEqual(["spec.template.spec.job: must be set: only a job has a successor"]);
  expect(
    errorsOf({
      configuration: { "kubernetes.operator.bluegreen.abort.grace-period": "soon" },
      ingress: {},
      template: { spec: deployment },
    }),
  ).toEqual([
    expect.stringMatching(/^spec.ingress.template: must be set/),
    expect.stringMatching(
      /^spec.configuration\["kubernetes.operator.bluegreen.abort.grace-period"\]: "soon"/,
    ),
  ]);
});

it("refuses approval of edits by name", () => {
  const key = "kubernetes.operator.upgrade.approval";
  const withApproval = (value: string) =>
    errorsOf({ template: { spec: { ...deployment, flinkConfiguration: { [key]: value } } } });
  expect(withApproval("automatic")).toEqual([]);
  expect(withApproval("manual")).toEqual([
    `spec.template.spec.flinkConfiguration["${key}"]: manual is for a FlinkDeployment or FlinkSessionJob: leave it out here (docs/approval.md)`,
  ]);
  expect(withApproval("by-hand")).toEqual([expect.stringContaining("is none of automatic, manual")]);
});

it.each([
  ["verification.max-restarts", "10", /"10" is not from 0 to 9$/],
  ["verification.min-checkpoints", "-1", /"-1" is not from 0 to/],
  ["verification.timeout", "0 s", /"0 s" is not longer than 0 ms$/],
  ["verification.running-time", "30 min", /must be shorter than .*verification.timeout \(30 min\)/],
  ["verification.min-checkpoint", "3", /is no option: did you mean .*verification.min-checkpoints\?$/],
  ["promote", "someone", /"someone" is none of auto, manual$/],
])("refuses the option %s: %s", (option, text, message) => {
  const name = `kubernetes.operator.bluegreen.${option}`;
  expect(errorsOf({ configuration: { [name]: text }, template: { spec: deployment } })).toEqual([
    expect.stringMatching(message),
  ]);
  expect(errorsOf({ configuration: { [name]: text }, template: { spec: deployment } })[0]).toContain(
    `spec.configuration["${name}"]: `,
  );
});

it("never throws, whatever the resource is", () => {
  for (const resource of [null, 1, [], {}, { spec: 1 }, { metadata: {}, spec: { template: 1 } }])
    expect(validateFlinkBlueGreenDeployment(resource, emptyConfig)).not.toEqual([]);
});

it.each([
  ["expression", "new.lag > 1", "is no expression in CEL: at character 5: No such key: lag"],
  [
    "expression",
    "new.failures",
    "is no expression in CEL: it gives a value of the type int, and must give a bool",
  ],
  ["max-lag-factor", "0", '"0" is not greater than 0'],
  ["max-error-factor", "some", '"some" is not a number'],
])("refuses a comparison that cannot be made: %s: %s", (name, value, message) => {
  const key = `kubernetes.operator.bluegreen.verification.${name}`;
  const errors = errorsOf({ configuration: { [key]: value }, template: { spec: deployment } });

  expect(errors).toEqual([`spec.configuration["${key}"]: ${message}`]);
});

it("accepts a comparison of both sides", () => {
  const key = "kubernetes.operator.bluegreen.verification.";
  const configuration = {
    [`${key}expression`]: "new.failures <= old.failures",
    [`${key}max-lag-factor`]: "1.5",
    [`${key}max-error-factor`]: "2",
    [`${key}lag-tolerance`]: "0",
  };

  expect(errorsOf({ configuration, template: { spec: deployment } })).toEqual([]);
});

it.each([
  "rollback.time",
  "verification.timeout",
  "verification.running-time",
  "promotion.timeout",
  "abort.grace-period",
  "deployment-deletion.delay",
])("refuses a time that no date can have: %s", (name) => {
  const key = `kubernetes.operator.bluegreen.${name}`;
  const errors = errorsOf({ configuration: { [key]: "99999999999 d" }, template: { spec: deployment } });

  expect(errors).toEqual([`spec.configuration["${key}"]: "99999999999 d" is longer than 36500 d`]);
});

it("refuses a misspelt option of the rollback", () => {
  const key = "kubernetes.operator.bluegreen.rollback.tme";
  const errors = errorsOf({ configuration: { [key]: "1 h" }, template: { spec: deployment } });

  expect(errors).toEqual([
    `spec.configuration["${key}"]: is no option: did you mean kubernetes.operator.bluegreen.rollback.time?`,
  ]);
});
