import { createHash } from "node:crypto";
import type { buildCustomResourceDefinition, Schema } from "../../src/api/crd.ts";

/**
 * Fingerprints of texts of other projects, which are not in this repository: enough to detect a difference from ours. Only a
 * comparison with the text itself shows the field that differs.
 */
export const fingerprint = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value, sorted)).digest("hex").slice(0, 16);

const isTree = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** The order of fields is not significant. */
const sorted = (_: string, value: unknown): unknown =>
  isTree(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;

/** The schemas of these fields are those of Kubernetes. */
const ofKubernetes = /\.(podTemplate|metadata)$/;

/** "path: type" of each field of a schema, and "path = value" of each value that an enum takes. */
export function fieldsOf(schema: Schema, path = ""): string[] {
  const type = schema["x-kubernetes-int-or-string"] ? "int-or-string" : (schema.type ?? "anything");
  const values = (schema.enum ?? []).map((value) => `${path} = ${value}`);
  const { properties = {}, items, additionalProperties } = schema;
  const children = Object.entries(properties).map(([name, child]) => [`.${name}`, child] as const);
  const below = [
    ...children,
    ...(items ? [["[]", items] as const] : []),
    ...(additionalProperties ? [[".*", additionalProperties] as const] : []),
  ];
  const nested = ofKubernetes.test(path) ? [] : below;
  return [`${path}: ${type}`, ...values, ...nested.flatMap(([name, child]) => fieldsOf(child, path + name))];
}

type Definition = ReturnType<typeof buildCustomResourceDefinition>;

/** The part of a definition that clients use besides its fields: names, subresources and the first `columns` columns. */
export function contractOf({ metadata, spec }: Definition, columns: number): unknown {
  const { kind, plural, singular, shortNames } = spec.names;
  return {
    names: [metadata.name, spec.group, spec.scope, kind, plural, singular, shortNames],
    versions: spec.versions.map(({ name, served, storage, subresources, additionalPrinterColumns }) => ({
      version: [name, served, storage],
      subresources,
      columns: additionalPrinterColumns
        .slice(0, columns)
        .map((column) => [column.name, column.type, column.jsonPath, column.priority ?? 0]),
    })),
  };
}

/** "path = value" of each value of a tree. A list is one value, and so is a tree without fields. */
export function valuesIn(tree: unknown, path = ""): string[] {
  if (!isTree(tree) || Object.keys(tree).length === 0) return [`${path} = ${JSON.stringify(tree, sorted)}`];
  return Object.entries(tree).flatMap(([name, child]) => valuesIn(child, `${path}.${name}`));
}
