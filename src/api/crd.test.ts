import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { contractOf, fieldsOf, fingerprint } from "../../test/support/fingerprint.ts";
import { goldenCases, readGolden } from "../../test/support/golden.ts";
import { describeExamples, describeWith } from "../../test/support/otherProjects.ts";
import { buildCustomResourceDefinition, type Schema } from "./crd.ts";
import { flinkBlueGreenDeployment } from "./v1beta1/flinkbluegreendeployment.ts";
import { flinkDeployment } from "./v1beta1/flinkdeployment.ts";
import { flinkStateSnapshot } from "./v1beta1/flinkstatesnapshot.ts";
import { kinds } from "./v1beta1/kinds.ts";

type Definition = ReturnType<typeof buildCustomResourceDefinition>;

const ours = buildCustomResourceDefinition(flinkDeployment);
const versionOf = (definition: Definition) => {
  const [version] = definition.spec.versions;
  if (version === undefined) throw new Error("the definition has no version");
  return version;
};
const schemaOf = (definition: Definition): Schema => versionOf(definition).schema.openAPIV3Schema;
const definitionIn = (folder: string, { plural, group }: { plural: string; group: string }) =>
  load(readFileSync(join(folder, `${plural}.${group}-v1.yaml`), "utf8")) as Definition;

const isFreeForm = (schema: Schema) =>
  schema.type === "object" && schema["x-kubernetes-preserve-unknown-fields"] === true && !schema.properties;

/** The paths that `theirs` accepts and `ours` does not. Pod templates are not compared. */
function refusals(theirs: Schema, ours: Schema, path = ""): string[] {
  if (isFreeForm(ours))
    return theirs.type === "object" ? [] : [`${path}: no longer ${theirs.type ?? "anything"}`];
  const found: string[] = [];
  if (theirs["x-kubernetes-int-or-string"] !== ours["x-kubernetes-int-or-string"])
    found.push(`${path}: int-or-string`);
  if (theirs.type !== ours.type) found.push(`${path}: ${theirs.type} became ${ours.type}`);
  const missing = (theirs.enum ?? []).filter((value) => ours.enum && !ours.enum.includes(value));
  if (missing.length > 0) found.push(`${path}: refuses ${missing.join(", ")}`);
  if (!theirs.enum && ours.enum) found.push(`${path}: became an enum`);
  for (const limit of [
    "required",
    "pattern",
    "minimum",
    "maximum",
    "format",
    "maxLength",
    "minLength",
    "maxItems",
  ]) {
    if (limit in ours && !(limit in theirs)) found.push(`${path}: has a ${limit}`);
  }
  for (const [name, property] of Object.entries(theirs.properties ?? {})) {
    const counterpart = ours.properties?.[name];
    if (counterpart === undefined) found.push(`${path}.${name}: missing`);
    else found.push(...refusals(property, counterpart, `${path}.${name}`));
  }
  for (const part of ["items", "additionalProperties"] as const) {
    const [their, our] = [theirs[part], ours[part]];
    if (their && !our) found.push(`${path}.*: missing`);
    else if (their && our) found.push(...refusals(their, our, `${path}.*`));
  }
  return found;
}

/** Why a value does not match the types and enums of a schema. A field that the schema lacks would be pruned. */
function misfits(schema: Schema, value: unknown, path = ""): string[] {
  if (value === null) return [];
  if (schema["x-kubernetes-int-or-string"])
    return Number.isInteger(value) || typeof value === "string" ? [] : [`${path}: no quantity`];
  if (schema.enum && !schema.enum.includes(value as string)) return [`${path}: ${value}`];
  switch (schema.type) {
    case "array":
      return Array.isArray(value)
        ? value.flatMap((item, index) => misfits(schema.items ?? {}, item, `${path}[${index}]`))
        : [`${path}: no list`];
    case "object": {
      if (typeof value !== "object" || Array.isArray(value)) return [`${path}: no object`];
      if (isFreeForm(schema)) return [];
      return Object.entries(value).flatMap(([name, child]) => {
        const childSchema = schema.properties?.[name] ?? schema.additionalProperties;
        return childSchema ? misfits(childSchema, child, `${path}.${name}`) : [`${path}.${name}: pruned`];
      });
    }
    case "integer":
      return Number.isInteger(value) ? [] : [`${path}: no integer`];
    default:
      return typeof value === schema.type ? [] : [`${path}: no ${schema.type}`];
  }
}

describe("the CRD of FlinkDeployment", () => {
  it("is well below the annotation limit of a client-side apply", () => {
    expect(JSON.stringify(ours).length).toBeLessThan(60_000);
  });

  it("stores no defaults and requires nothing", () => {
    expect(JSON.stringify(ours)).not.toMatch(/"(default|required)":/);
  });

  describeWith("reference/crds", "held against the reference's", (folder) => {
    const theirs = definitionIn(folder, flinkDeployment);

    it("accepts all objects of the reference's CRD, except those that its operator refuses", () => {
      expect(refusals(schemaOf(theirs), schemaOf(ours))).toEqual([
        ".spec.flinkConfiguration: no longer anything",
        ".spec.jobManager.replicas: has a minimum",
        ".spec.taskManager.replicas: has a minimum",
      ]);
    });

    it("has the same names, columns and subresources", () => {
      expect(ours.metadata.name).toBe(theirs.metadata.name);
      expect(ours.spec.names).toMatchObject(theirs.spec.names);
      expect(ours.spec.group).toBe(theirs.spec.group);
      expect(ours.spec.scope).toBe(theirs.spec.scope);
      const [our, their] = [versionOf(ours), versionOf(theirs)];
      expect([our.name, our.served, our.storage]).toEqual([their.name, their.served, their.storage]);
      expect(our.subresources).toEqual(their.subresources);
      const firstTwo = our.additionalPrinterColumns.slice(0, 2);
      expect(firstTwo.map((column) => ({ priority: 0, ...column }))).toEqual(their.additionalPrinterColumns);
    });

    it("is checked by a comparison that detects missing, narrower and different fields", () => {
      const narrowed = structuredClone(schemaOf(theirs)) as Schema & Record<string, unknown>;
      const spec = narrowed.properties?.spec?.properties ?? {};
      delete spec.image;
      spec.mode = { type: "string", enum: ["native"] };
      spec.restartNonce = { type: "string" };
      spec.serviceAccount = { type: "string", pattern: "x" } as Schema;
      expect(refusals(schemaOf(theirs), narrowed)).toEqual([
        ".spec.image: missing",
        ".spec.mode: refuses standalone",
        ".spec.restartNonce: integer became string",
        ".spec.serviceAccount: has a pattern",
      ]);
    });
  });

  it("accepts every recorded FlinkDeployment without loss", () => {
    const recorded = goldenCases<{ input: { cr: { spec: object } } }>("java-operator/objects");
    expect(recorded.length).toBeGreaterThan(50);
    for (const { version, name, input } of recorded) {
      expect(misfits(schemaOf(ours), { spec: input.cr.spec }), `${version} ${name}`).toEqual([]);
    }
    for (const { kind, status } of readGolden<{ kind: string; status: object }[]>(
      "java-operator/initial-statuses.json",
    )) {
      if (kind === "FlinkDeployment") expect(misfits(schemaOf(ours), { status })).toEqual([]);
    }
  });

  describeExamples<{ input: { spec?: object } }>(
    "the reference's examples",
    (examples) =>
      it.each(examples)("$file is accepted without loss", ({ recording: { input } }) => {
        expect(misfits(schemaOf(ours), { ...(input.spec && { spec: input.spec }) })).toEqual([]);
      }),
    "FlinkDeployment",
  );
});

describeWith("reference/crds", "the CRD of FlinkStateSnapshot", (folder) => {
  it("accepts all objects of the reference's CRD, with the same names and columns", () => {
    const theirs = definitionIn(folder, flinkStateSnapshot);
    const snapshots = buildCustomResourceDefinition(flinkStateSnapshot);
    expect(refusals(schemaOf(theirs), schemaOf(snapshots))).toEqual([]);
    expect(snapshots.metadata.name).toBe(theirs.metadata.name);
    expect(snapshots.spec.names).toMatchObject(theirs.spec.names);
    const [our, their] = [versionOf(snapshots), versionOf(theirs)];
    expect(our.subresources).toEqual(their.subresources);
    expect(our.additionalPrinterColumns.map((column) => ({ priority: 0, ...column }))).toEqual(
      their.additionalPrinterColumns,
    );
  });
});

describeWith("reference/crds", "the CRD of FlinkBlueGreenDeployment", (folder) => {
  it("accepts all objects of the reference's CRD, with the same names", () => {
    const theirs = definitionIn(folder, flinkBlueGreenDeployment);
    const blueGreen = buildCustomResourceDefinition(flinkBlueGreenDeployment);
    expect(refusals(schemaOf(theirs), schemaOf(blueGreen))).toEqual([
      ".spec.template.spec.flinkConfiguration: no longer anything",
      ".spec.template.spec.jobManager.replicas: has a minimum",
      ".spec.template.spec.taskManager.replicas: has a minimum",
    ]);
    expect(blueGreen.spec.names).toMatchObject(theirs.spec.names);
    expect(versionOf(blueGreen).subresources).toEqual(versionOf(theirs).subresources);
  });
});

interface Fingerprints {
  readonly name: string;
  readonly columns: number;
  readonly contract: string;
  readonly fields: readonly string[];
}

describe("compared with fingerprints of the reference's definitions (test/golden)", () => {
  const recorded = readGolden<Fingerprints[]>("java-operator/definitions.json");
  const meant = [".spec.flinkConfiguration: anything", ".spec.template.spec.flinkConfiguration: anything"];

  it.each(kinds)("$kind", (kind) => {
    const theirs = recorded.find(({ name }) => name === `${kind.plural}.${kind.group}`);
    const definition = buildCustomResourceDefinition(kind);
    expect(fingerprint(contractOf(definition, theirs?.columns ?? 0))).toBe(theirs?.contract);
    const fields = new Set([...fieldsOf(schemaOf(definition)), ...meant].map(fingerprint));
    expect(theirs?.fields.filter((field) => !fields.has(field))).toEqual([]);
  });
});
