import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storedSpecs } from "../../../test/support/golden.ts";
import { describeExamples } from "../../../test/support/otherProjects.ts";
import { flinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { flinkSessionJobSpec } from "../../api/v1beta1/flinksessionjob.ts";
import { formatLastReconciledSpec, readLastReconciledSpec } from "./lastReconciledSpec.ts";

interface Golden {
  input: { kind: string; spec?: Record<string, unknown> };
  [field: string]: unknown;
}

/** Every string of a golden file that is a stored spec, with its path. */
function storedTexts(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return value.startsWith('{"spec":') ? [[path, value]] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => storedTexts(child, `${path}/${name}`));
}

describe.each(storedSpecs)("$name", ({ spec, stored }) => {
  const read = readLastReconciledSpec<object>(stored, flinkDeploymentSpec);
  const metadata = { firstDeployment: read?.metadata?.firstDeployment ?? false };

  it("writes the user's spec as the Java operator does", () => {
    expect(formatLastReconciledSpec(spec, metadata, flinkDeploymentSpec)).toBe(stored);
  });

  it("writes again what it read", () => {
    expect(formatLastReconciledSpec(read?.spec ?? {}, metadata, flinkDeploymentSpec)).toBe(stored);
  });
});

describeExamples<Golden>("recorded stored specs", (examples) =>
  describe.each(examples)("$file", ({ recording: golden }) => {
    const type = golden.input.kind === "FlinkSessionJob" ? flinkSessionJobSpec : flinkDeploymentSpec;

    it("writes the user's spec as the Java operator does", () => {
      expect(formatLastReconciledSpec(golden.input.spec ?? {}, { firstDeployment: true }, type)).toBe(
        golden.lastReconciledSpec_firstDeploy_asIs,
      );
    });

    it.each(storedTexts(golden))("writes again what it read, at %s", (_, text) => {
      const read = readLastReconciledSpec<object>(text, type);
      expect(formatLastReconciledSpec(read?.spec ?? {}, { firstDeployment: true }, type)).toBe(text);
    });
  }),
);

const format = (spec: object, firstDeployment = false) =>
  formatLastReconciledSpec(spec, { firstDeployment }, flinkDeploymentSpec);
const specOf = (text: string) => (JSON.parse(text) as { spec: Record<string, never> }).spec;
const jobManagerOf = (spec: object) => /"jobManager":(.*),"taskManager":/.exec(format(spec))?.[1];
const podTemplateOf = (podTemplate: unknown) =>
  /"podTemplate":(.*),"jobManager":null/.exec(format({ podTemplate }))?.[1];

describe("the writer", () => {
  it("writes CPUs as Java's doubles", () => {
    for (const [cpu, text] of [
      [1, "1.0"],
      [0.5, "0.5"],
      [12, "12.0"],
    ]) {
      expect(jobManagerOf({ jobManager: { resource: { cpu, memory: "2048m" } } })).toBe(
        `{"resource":{"cpu":${text},"memory":"2048m","ephemeralStorage":null},"resources":null,"replicas":1,"podTemplate":null}`,
      );
    }
  });

  it("keeps the order of maps, sorts fields with a schema, and omits empty ones", () => {
    expect(
      jobManagerOf({
        jobManager: {
          resources: { requests: { memory: "1Gi", cpu: 1 }, limits: {}, claims: [] },
          replicas: 2,
        },
      }),
    ).toBe(
      '{"resource":null,"resources":{"requests":{"memory":"1Gi","cpu":"1"}},"replicas":2,"podTemplate":null}',
    );
  });

  it("writes this operator's own fields only if set, and otherwise matches the Java operator", () => {
    const ingressOf = (ingress: object) => JSON.parse(format({ ingress })).spec.ingress;
    const known = { template: "a.b", className: null, annotations: null, labels: null, tls: null };
    expect(JSON.stringify(ingressOf({ template: "a.b" }))).toBe(JSON.stringify(known));
    const parentRefs = [{ name: "edge", namespace: null }];
    expect(ingressOf({ template: "a.b", parentRefs })).toEqual({ ...known, parentRefs: [{ name: "edge" }] });
  });

  it("writes SQL and Python after the fields that the Java operator has, and only what is set of them", () => {
    const jobOf = (job: object) => /"job":(.*),"restartNonce"/.exec(format({ job }))?.[1];
    const jar = jobOf({});
    expect(jar).toMatch(/"autoscalerResetNonce":null}$/);
    const sql = {
      script: "SELECT 1",
      variablesFrom: [{ secretRef: { name: "kafka" } }],
      variables: { b: "1", a: "2" },
    };
    expect(jobOf({ sql })).toBe(
      jar?.replace(
        /}$/,
        ',"sql":{"script":"SELECT 1","variables":{"b":"1","a":"2"},"variablesFrom":[{"secretRef":{"name":"kafka"}}]}}',
      ),
    );
    expect(jobOf({ python: { file: "local:///a.py", files: [] } })).toBe(
      jar?.replace(/}$/, ',"python":{"file":"local:///a.py","files":[]}}'),
    );
  });

  it("writes pod templates in the order of Kubernetes' own fields", () => {
    expect(
      podTemplateOf({
        kind: "Pod",
        spec: {
          volumes: [{ name: "tmp", emptyDir: {} }],
          hostname: "h",
          hostUsers: true,
          containers: [{ name: "c", env: [], securityContext: {}, image: null }],
          nodeSelector: { z: "1", a: "2" },
        },
        metadata: { labels: {}, name: "n", creationTimestamp: null, annotations: { b: "1", a: "2" } },
      }),
    ).toBe(
      '{"metadata":{"annotations":{"b":"1","a":"2"},"name":"n"},"spec":{"containers":[{"name":"c","securityContext":{}}],' +
        '"hostUsers":true,"hostname":"h","nodeSelector":{"z":"1","a":"2"},"volumes":[{"emptyDir":{},"name":"tmp"}]},"kind":"Pod"}',
    );
  });

  it("keeps flinkConfiguration as it is", () => {
    const tree = { z: { "b.c": 1, a: null }, list: ["x", 2], on: true, ratio: 0.1, tiny: 1e-7, empty: {} };
    expect(format({ flinkConfiguration: tree })).toContain(
      '"flinkConfiguration":{"z":{"b.c":1,"a":null},"list":["x",2],"on":true,"ratio":0.1,"tiny":1.0E-7,"empty":{}},',
    );
  });

  it("escapes as Jackson does", () => {
    const text = format({ flinkConfiguration: { a: '\u001b\n"\\u001b / é \u2028' } });
    expect(text).toContain('{"a":"\\u001B\\n\\"\\\\u001b / é \u2028"}');
  });

  it("omits undeclared fields", () => {
    expect(format({ image: "a", ours: 1, job: { jarURI: "x", ours: 1 } })).not.toContain("ours");
  });
});

/** Any JSON except whole numbers that JavaScript rounds. */
const anyJson = () => fc.jsonValue({ maxDepth: 3 }).filter((value) => !/\d{16}/.test(JSON.stringify(value)));

describe("the reader", () => {
  it("treats explicit nulls as absent fields, except in free-form fields", () => {
    const stored = format({ job: { jarURI: "x" }, flinkConfiguration: { a: null } }, true);
    expect(readLastReconciledSpec(stored)).toEqual({
      spec: {
        job: { jarURI: "x", parallelism: 0, args: [], state: "running", upgradeMode: "stateless" },
        flinkConfiguration: { a: null },
      },
      metadata: { firstDeployment: true },
    });
  });

  it("reads the form of early versions", () => {
    expect(
      readLastReconciledSpec(
        '{"image":"a","job":{"state":"suspended","args":null},"apiVersion":"x/v1beta1"}',
      ),
    ).toEqual({ spec: { image: "a", job: { state: "suspended" } }, metadata: undefined });
  });

  it("keeps the digits of large numbers", () => {
    const text = format({ flinkConfiguration: { max: 1 }, restartNonce: 2 })
      .replace('"max":1', '"max":9223372036854775807')
      .replace('"restartNonce":2', '"restartNonce":1732300000123456789');
    const { spec } = readLastReconciledSpec(text) ?? {};
    expect(spec).toMatchObject({ flinkConfiguration: { max: 9223372036854775807n } });
    expect(format(spec ?? {})).toBe(text);
  });

  it("returns nothing if nothing is stored, and rejects unknown forms", () => {
    expect(readLastReconciledSpec(undefined)).toBeUndefined();
    expect(readLastReconciledSpec("")).toBeUndefined();
    for (const text of ["{", "[]", "null", '"x"', '{"resource_metadata":{}}']) {
      expect(() => readLastReconciledSpec(text)).toThrow(/cannot be read/);
    }
  });

  it("is the writer's inverse for any spec", () => {
    const anything = anyJson();
    const anySpec = fc.record(
      {
        job: fc.record({ jarURI: fc.string(), parallelism: fc.integer(), args: fc.array(fc.string()) }),
        image: fc.oneof(fc.string(), fc.constant(null)),
        flinkConfiguration: fc.dictionary(fc.string(), anything),
        podTemplate: fc.dictionary(fc.constantFrom("metadata", "spec", "kind", "__proto__"), anything),
        jobManager: fc.record({ resource: fc.record({ cpu: fc.double({ noNaN: true, min: 0, max: 1e9 }) }) }),
        ingress: anything,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anySpec, fc.boolean(), (spec, firstDeployment) => {
        const text = format(spec, firstDeployment);
        expect(() => specOf(text)).not.toThrow();
        const read = readLastReconciledSpec(text);
        expect(read?.metadata).toEqual({ firstDeployment });
        expect(format(read?.spec ?? {}, firstDeployment)).toBe(text);
      }),
    );
  });
});

describe("a repeated read", () => {
  const text = formatLastReconciledSpec({ image: "a", job: { args: ["x"] } }, { firstDeployment: true });

  it("returns the same value, which is immutable", () => {
    const read = readLastReconciledSpec(text);
    expect(readLastReconciledSpec(text)).toBe(read);
    expect(() => read?.spec.job?.args?.push("y")).toThrow(TypeError);
  });
});
