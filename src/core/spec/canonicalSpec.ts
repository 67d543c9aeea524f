import type { FieldDeclaration, FieldType } from "../../api/declaration.ts";
import {
  type Canonical,
  type CanonicalObject,
  isPlainObject,
  JavaDouble,
  mapValues,
  QuantityText,
  raw,
} from "./canonical.ts";
import { canonicalPodTemplate, kubernetesModel } from "./kubernetesModel.ts";

/**
 * A spec as the Java operator holds it: every declared field in its order, with defaults, and null if absent. The
 * stored spec is written from it and specs are compared by it, so that neither depends on how a user writes a spec.
 */
export function canonical(value: unknown, type: FieldType): Canonical {
  if (value === undefined || value === null) return null;
  switch (type.kind) {
    case "number":
      return typeof value === "number" ? new JavaDouble(value) : raw(value);
    case "intOrString":
      return isScalar(value) ? new QuantityText(String(value)) : raw(value);
    case "list":
      return Array.isArray(value) ? value.map((item) => canonical(item, type.items)) : raw(value);
    case "map":
      return isPlainObject(value) ? mapValues(value, (item) => canonical(item, type.values)) : raw(value);
    case "object":
      if (!isPlainObject(value)) return raw(value);
      return type.model === "kubernetes" ? kubernetesModel(value) : canonicalFields(value, type.fields);
    case "freeForm":
      if (!isPlainObject(value) || type.model === "own") return raw(value);
      return type.name === "PodTemplateSpec" ? canonicalPodTemplate(value) : kubernetesModel(value);
    case "string":
    case "integer":
    case "boolean":
      return raw(value);
  }
}

/** Undeclared fields are omitted: the Java operator does not know them either. */
const canonicalFields = (
  value: Readonly<Record<string, unknown>>,
  fields: readonly FieldDeclaration[],
): CanonicalObject =>
  Object.fromEntries(
    fields
      .filter(({ name, added }) => added !== true || (value[name] ?? null) !== null)
      .map(({ name, type, default: otherwise }) => [
        name,
        canonical(Object.hasOwn(value, name) ? (value[name] ?? otherwise) : otherwise, type),
      ]),
  );

const isScalar = (value: unknown): boolean => ["string", "number", "bigint"].includes(typeof value);
