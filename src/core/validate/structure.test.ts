import { describe, expect, it } from "vitest";
import { flinkDeployment, flinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { validateManifest } from "./manifest.ts";
import { asStored } from "./structure.ts";

const refuse = { unknownFields: "refuse" } as const;

const manifest = (spec: unknown) => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata: { name: "a", labels: { anything: "goes" } },
  spec,
});
const errors = (spec: unknown) =>
  validateManifest(flinkDeployment, manifest(spec), refuse).map(
    ({ field, message }) => `${field}: ${message}`,
  );

describe("the structure of a FlinkDeployment", () => {
  it.each([
    [{ image: 5 }, "spec.image: must be a text, not 5"],
    [{ image: ["a"] }, "spec.image: must be a text, not a list"],
    [{ restartNonce: "1" }, 'spec.restartNonce: must be a whole number of 64 bits, not "1"'],
    [{ restartNonce: 1.5 }, "spec.restartNonce: must be a whole number of 64 bits, not 1.5"],
    [
      { job: { parallelism: 2 ** 31 } },
      "spec.job.parallelism: must be a whole number of 32 bits, not 2147483648",
    ],
    [
      { job: { allowNonRestoredState: "yes" } },
      'spec.job.allowNonRestoredState: must be true or false, not "yes"',
    ],
    [{ job: { args: "a b" } }, 'spec.job.args: must be a list, not "a b"'],
    [{ job: { args: ["a", 1] } }, "spec.job.args[1]: must be a text, not 1"],
    [{ job: { args: [null] } }, "spec.job.args[0]: must be a text, not null"],
    [{ job: "x.jar" }, 'spec.job: must be an object, not "x.jar"'],
    [
      { job: { upgradeMode: "savepont" } },
      'spec.job.upgradeMode: must be savepoint, last-state or stateless, not "savepont"; did you mean savepoint?',
    ],
    [
      { job: { state: "RUNNING" } },
      'spec.job.state: must be running or suspended, not "RUNNING"; did you mean running?',
    ],
    [{ mode: 1 }, "spec.mode: must be native or standalone, not 1"],
    [{ jobManager: { resource: { cpu: "1" } } }, 'spec.jobManager.resource.cpu: must be a number, not "1"'],
    [
      { jobManager: { resources: { limits: { "nvidia.com/gpu": 0.5 } } } },
      'spec.jobManager.resources.limits["nvidia.com/gpu"]: must be a quantity: a whole number or a text such as 500m, not 0.5',
    ],
    [{ logConfiguration: { "a.xml": 1 } }, 'spec.logConfiguration["a.xml"]: must be a text, not 1'],
    [{ flinkConfiguration: "a: b" }, 'spec.flinkConfiguration: must be an object, not "a: b"'],
    [{ podTemplate: [] }, "spec.podTemplate: must be an object, not a list"],
    [
      { taskManager: { podTemplate: { spec: { containers: { name: "a" } } } } },
      "spec.taskManager.podTemplate.spec.containers: must be a list, not an object",
    ],
    [
      { podTemplate: { metadata: { labels: { a: 1 } } } },
      "spec.podTemplate.metadata.labels.a: must be a text, not 1",
    ],
    [{ jobmanager: {} }, "spec.jobmanager: there is no such field: did you mean jobManager?"],
    [{ imgae: "x" }, "spec.imgae: there is no such field: did you mean image?"],
    [{ upgradeMode: "savepoint" }, "spec.upgradeMode: there is no such field: did you mean job.upgradeMode?"],
    [
      { taskManager: { memory: "2g" } },
      "spec.taskManager.memory: there is no such field: did you mean resource.memory?",
    ],
    [
      { ingress: { xyzzy: 1 } },
      "spec.ingress.xyzzy: there is no such field: known are template, className, annotations, labels, tls, parentRefs",
    ],
  ])("%j", (spec, error) => {
    expect(errors(spec)).toEqual([error]);
  });

  it("accepts anything in pod templates and in Flink's configuration", () => {
    expect(
      errors({
        podTemplate: {
          apiVersion: "v1",
          kind: "Pod",
          spec: { newField: 1, containers: [{ name: "a", ports: [] }] },
        },
        flinkConfiguration: { a: { b: [1, { c: null }] }, "d.e": true },
      }),
    ).toEqual([]);
  });

  it("treats null as absent", () => {
    expect(
      errors({ job: null, taskManager: { replicas: null }, logConfiguration: { "a.xml": null } }),
    ).toEqual([]);
    expect(errors(null)).toEqual([]);
  });

  it("includes kind, version and the top level's own fields", () => {
    const value = {
      apiVersion: "flink.apache.org/v1",
      kind: "Flinkdeployment",
      metadata: { name: "a" },
      sepc: {},
    };
    expect(validateManifest(flinkDeployment, value, refuse)).toEqual([
      {
        field: "apiVersion",
        message:
          'must be flink.apache.org/v1beta1, not "flink.apache.org/v1"; did you mean flink.apache.org/v1beta1?',
      },
      {
        field: "kind",
        message: 'must be FlinkDeployment, not "Flinkdeployment"; did you mean FlinkDeployment?',
      },
      { field: "sepc", message: "there is no such field: did you mean spec?" },
    ]);
  });

  it("truncates long values", () => {
    expect(errors({ job: "x".repeat(1000) })[0]?.length).toBeLessThan(120);
  });

  it("ignores unknown fields for a server that drops them", () => {
    expect(validateManifest(flinkDeployment, manifest({ imgae: "x" }), { unknownFields: "ignore" })).toEqual(
      [],
    );
  });
});

describe("asStored", () => {
  it("drops what the API server drops", () => {
    const spec = {
      unknown: 1,
      mode: null,
      job: { args: ["a"], extra: 1, state: null },
      logConfiguration: { a: "b", c: null },
      flinkConfiguration: { a: null },
    };
    expect(asStored(flinkDeploymentSpec, spec)).toEqual({
      job: { args: ["a"] },
      logConfiguration: { a: "b" },
      flinkConfiguration: { a: null },
    });
  });

  it("keeps what is not of its type", () => {
    const spec = {
      job: { args: "x", state: 3 },
      flinkConfiguration: [1],
      logConfiguration: "x",
      taskManager: [],
    };
    expect(asStored(flinkDeploymentSpec, spec)).toEqual(spec);
    expect(asStored(flinkDeploymentSpec, { job: 5 })).toEqual({ job: 5 });
  });
});
