import { describe, expect, test } from "vitest";
import { storedSpecs } from "../../test/support/golden.ts";
import { describeExamples } from "../../test/support/otherProjects.ts";
import { readLastReconciledSpec } from "../core/spec/lastReconciledSpec.ts";
import { render } from "./render.ts";

const show = (text: string) =>
  render([{ name: "demo.yaml", text }], undefined, { output: "yaml", show: "last-reconciled-spec" });
const deployment = (spec: string) =>
  `apiVersion: flink.apache.org/v1beta1\nkind: FlinkDeployment\nmetadata: { name: demo }\nspec: ${spec}\n`;
const specOf = (spec: string) => {
  const { output, errors } = show(deployment(spec));
  expect(errors).toEqual([]);
  return /^\{"spec":(.*),"resource_metadata":\{"apiVersion":"flink.apache.org\/v1beta1","firstDeployment":true\}\}$/s.exec(
    output,
  )?.[1];
};
const fieldOf = (name: string, next: string, spec: string) =>
  new RegExp(`"${name}":(.*),"${next}":`, "s").exec(specOf(spec) ?? "")?.[1];

interface Golden {
  readonly input: unknown;
  readonly lastReconciledSpec_firstDeploy_asIs: string;
}

describeExamples<Golden>("recorded stored specs", (examples) => {
  test.each(examples)("$file: the stored spec, and nothing else", ({ recording }) => {
    expect(show(JSON.stringify(recording.input))).toEqual({
      output: recording.lastReconciledSpec_firstDeploy_asIs,
      errors: [],
      warnings: [],
    });
  });
});

test.each(storedSpecs)("$name: the stored spec, and nothing else", ({ spec, stored }) => {
  const first = stored.replace('"firstDeployment":false', '"firstDeployment":true');
  expect(show(deployment(JSON.stringify(spec)))).toEqual({ output: first, errors: [], warnings: [] });
});

describe("the spec as it is stored", () => {
  test("has every field, in order, with the defaults that the Java operator knows", () => {
    expect(specOf("{ job: {}, jobManager: {}, taskManager: { resource: {} }, ingress: {} }")).toBe(
      '{"job":{"jarURI":null,"parallelism":0,"entryClass":null,"args":[],"state":"running",' +
        '"savepointTriggerNonce":null,"initialSavepointPath":null,"checkpointTriggerNonce":null,' +
        '"upgradeMode":"stateless","allowNonRestoredState":null,"savepointRedeployNonce":null,' +
        '"autoscalerResetNonce":null},"restartNonce":null,"flinkConfiguration":{},"image":null,' +
        '"imagePullPolicy":null,"serviceAccount":null,"flinkVersion":null,"ingress":{"template":null,' +
        '"className":null,"annotations":null,"labels":null,"tls":null},"podTemplate":null,' +
        '"jobManager":{"resource":null,"resources":null,"replicas":1,"podTemplate":null},' +
        '"taskManager":{"resource":{"cpu":null,"memory":null,"ephemeralStorage":null},"resources":null,' +
        '"replicas":null,"podTemplate":null},"logConfiguration":null,"mode":null}',
    );
  });

  test("treats a null as an absent field, except in Flink's configuration", () => {
    expect(specOf("{ job: null, image: null, flinkConfiguration: null }")).toBe(specOf("{}"));
    expect(specOf("{ job: { args: null, state: null, parallelism: null } }")).toBe(specOf("{ job: {} }"));
    expect(fieldOf("flinkConfiguration", "image", "{ flinkConfiguration: { a: null, b: {}, c: [] } }")).toBe(
      '{"a":null,"b":{},"c":[]}',
    );
  });

  test.each([
    [
      "{ restart: { attempts: 3, ratio: 0.10, on: true } }",
      '{"restart":{"attempts":3,"ratio":0.1,"true":true}}',
    ],
    [
      "{ tiny: 1e-7, huge: 1e21, whole: 1.0, many: 12345678.9 }",
      '{"tiny":1.0E-7,"huge":1.0E21,"whole":1,"many":1.23456789E7}',
    ],
    [
      "{ max: 9223372036854775807, min: -9223372036854775808 }",
      '{"max":9223372036854775807,"min":-9223372036854775808}',
    ],
    [
      "{ mask: 0x1F, mode: 0755, day: 2024-01-01, at: 12:30 }",
      '{"mask":31,"mode":493,"day":"2024-01-01","at":"12:30"}',
    ],
    ['{ z.y: "ä→😀", "a/b": "\\u001b" }', '{"z.y":"ä→😀","a/b":"\\u001B"}'],
    ["{ list: [1, 0.5, x, { b: 1, a: 2 }] }", '{"list":[1,0.5,"x",{"b":1,"a":2}]}'],
  ])("keeps flinkConfiguration %s as the user wrote it", (tree, stored) => {
    expect(fieldOf("flinkConfiguration", "image", `{ flinkConfiguration: ${tree} }`)).toBe(stored);
  });

  test("keeps quantities unchanged, including numbers", () => {
    expect(
      fieldOf(
        "taskManager",
        "logConfiguration",
        "{ taskManager: { resource: { cpu: 2, memory: 2048m }, resources: { requests: { memory: 2048, cpu: 500m } } } }",
      ),
    ).toBe(
      '{"resource":{"cpu":2.0,"memory":"2048m","ephemeralStorage":null},' +
        '"resources":{"requests":{"memory":"2048","cpu":"500m"}},"replicas":null,"podTemplate":null}',
    );
  });

  test("keeps labels and nonces", () => {
    const spec =
      "{ restartNonce: 1732300000123456789, ingress: { template: x, labels: { z: a, a: z }, tls: [{ secretName: s, hosts: [h] }] } }";
    expect(fieldOf("restartNonce", "flinkConfiguration", spec)).toBe("1732300000123456789");
    expect(fieldOf("ingress", "podTemplate", spec)).toBe(
      '{"template":"x","className":null,"annotations":null,"labels":{"z":"a","a":"z"},"tls":[{"hosts":["h"],"secretName":"s"}]}',
    );
  });

  test("omits fields that the API server drops", () => {
    expect(specOf("{ ours: 1, job: { ours: 1 } }")).toBe(specOf("{ job: {} }"));
  });

  test("does not need a valid spec", () => {
    expect(show(deployment("{}")).errors).toEqual([]);
  });

  test("is readable by the operator", () => {
    const { output } = show(deployment("{ flinkConfiguration: { max: 9223372036854775807 } }"));
    expect(readLastReconciledSpec(output)?.spec.flinkConfiguration).toEqual({ max: 9223372036854775807n });
  });
});

describe("a file", () => {
  test("with only a session job gives that job's spec", () => {
    const { output, errors } = show(
      "apiVersion: flink.apache.org/v1beta1\nkind: FlinkSessionJob\nmetadata: { name: j }\nspec: { deploymentName: s }\n",
    );
    expect(errors).toEqual([]);
    expect(output).toContain('"flinkConfiguration":{},"deploymentName":"s"},"resource_metadata"');
  });

  test.each([
    [deployment("{ job: { parallelism: '2' } }"), "spec.job.parallelism: must be a whole number of 32 bits"],
    [deployment("{ job: { args: [1] } }"), "spec.job.args[0]: must be a text, not 1"],
    [
      deployment("{ restartNonce: 9223372036854775808 }"),
      "spec.restartNonce: must be a whole number of 64 bits",
    ],
    ["kind: Pod\nmetadata: {}", "kind: must be FlinkDeployment or FlinkSessionJob"],
    ["kind: FlinkDeployment\napiVersion: x/v1", "apiVersion: must be flink.apache.org/v1beta1"],
    ["", "demo.yaml: holds no object"],
  ])("with an error is refused: %#", (text, error) => {
    const shown = show(text);
    expect(shown.output).toBe("");
    expect(shown.errors[0]).toContain(error);
  });
});
