import { existsSync, readdirSync, readFileSync } from "node:fs";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { buildCustomResourceDefinition, type Schema } from "./crd.ts";
import { flinkBlueGreenDeployment } from "./v1beta1/flinkbluegreendeployment.ts";
import { flinkDeployment } from "./v1beta1/flinkdeployment.ts";
import { flinkStateSnapshot } from "./v1beta1/flinkstatesnapshot.ts";

const shared = new URL("../../../shared/", import.meta.url);
const referenceCrd = new URL("reference/crds/flinkdeployments.flink.apache.org-v1.yaml", shared);
const recordedInputs = [new URL("reference/golden/", shared), new URL("flink/golden/operator/", shared)];

type Definition = ReturnType<typeof buildCustomResourceDefinition>;

const ours = buildCustomResourceDefinition(flinkDeployment);
const versionOf = (definition: Definition) => {
  const [version] = definition.spec.versions;
  if (version === undefined) throw new Error("the definition has no version");
  return version;
};
const schemaOf = (definition: Definition): Schema => versionOf(definition).schema.openAPIV3Schema;

const isFreeForm = (schema: Schema) =>
  schema.type === "object" && schema["x-kubernetes-preserve-unknown-fields"] === true && !schema.properties;

/** What `theirs` accepts and `ours` may not, by path. Pod templates are looked into no further. */
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

/** Why a value does not fit a schema, as far as types and enums go; a field that the schema lacks would be pruned. */
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
  it("fits into the annotation of a client-side apply with room to spare", () => {
    expect(JSON.stringify(ours).length).toBeLessThan(60_000);
  });

  it("stores no defaults and requires nothing", () => {
    expect(JSON.stringify(ours)).not.toMatch(/"(default|required)":/);
  });

  describe.skipIf(!existsSync(referenceCrd))("held against ../shared/reference/crds", () => {
    const theirs = existsSync(referenceCrd) ? (load(readFileSync(referenceCrd, "utf8")) as Definition) : ours;

    it("accepts whatever the reference does, except what its operator then refuses", () => {
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

    it("is held by a comparison that sees what is missing, narrower or different", () => {
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

  const recorded = recordedInputs.filter(existsSync).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith("FlinkDeployment.json") || path.endsWith("input.json"))
      .map((path) => ({ path, input: JSON.parse(readFileSync(new URL(path, folder), "utf8")) })),
  );

  it.skipIf(recorded.length === 0)("takes every recorded FlinkDeployment without loss", () => {
    expect(recorded.length).toBeGreaterThan(50);
    for (const { path, input } of recorded) {
      const { spec, status } = input.input ?? input.cr;
      expect(misfits(schemaOf(ours), { ...(spec && { spec }), ...(status && { status }) }), path).toEqual([]);
      if (input.initialStatus)
        expect(misfits(schemaOf(ours), { status: input.initialStatus }), path).toEqual([]);
    }
  });
});

const referenceSnapshotCrd = new URL("reference/crds/flinkstatesnapshots.flink.apache.org-v1.yaml", shared);

describe.skipIf(!existsSync(referenceSnapshotCrd))("the CRD of FlinkStateSnapshot", () => {
  it("accepts whatever the reference does, under the same names, with the same columns", () => {
    const theirs = load(readFileSync(referenceSnapshotCrd, "utf8")) as Definition;
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

const referenceOfBlueGreen = new URL(
  "reference/crds/flinkbluegreendeployments.flink.apache.org-v1.yaml",
  shared,
);

it.skipIf(!existsSync(referenceOfBlueGreen))(
  "the CRD of FlinkBlueGreenDeployment accepts whatever the reference does, by the same names",
  () => {
    const theirs = load(readFileSync(referenceOfBlueGreen, "utf8")) as Definition;
    const blueGreen = buildCustomResourceDefinition(flinkBlueGreenDeployment);
    expect(refusals(schemaOf(theirs), schemaOf(blueGreen))).toEqual([
      ".spec.template.spec.flinkConfiguration: no longer anything",
      ".spec.template.spec.jobManager.replicas: has a minimum",
      ".spec.template.spec.taskManager.replicas: has a minimum",
    ]);
    expect(blueGreen.spec.names).toMatchObject(theirs.spec.names);
    expect(versionOf(blueGreen).subresources).toEqual(versionOf(theirs).subresources);
  },
);
