import {
  type FieldType,
  field,
  freeForm,
  type KindDeclaration,
  object,
  oneOf,
} from "../../api/declaration.ts";
import { apiVersionOf, type KubeObject } from "../../api/kubernetes.ts";
import { type StructureOptions, validateStructure } from "./structure.ts";
import type { ValidationError } from "./validationError.ts";

const anything = freeForm("", "own");

/** The type of a whole object of a kind. Its status is not validated. */
const manifestOf = (kind: KindDeclaration): FieldType =>
  object(kind.kind, {
    apiVersion: field(oneOf([apiVersionOf(kind)]), ""),
    kind: field(oneOf([kind.kind]), ""),
    metadata: field(anything, ""),
    spec: { type: kind.spec.type, doc: "" },
    status: field(anything, ""),
  });

/**
 * Validates any value read from a file: errors for what the CRD would reject, and with "refuse" for what it would
 * drop.
 */
export function validateManifest(
  kind: KindDeclaration,
  value: unknown,
  options: StructureOptions = { unknownFields: "ignore" },
): ValidationError[] {
  const errors = validateStructure(manifestOf(kind), value, "", options);
  if (errors.length > 0) return errors;
  const { metadata } = value as Partial<KubeObject>;
  return typeof metadata?.name === "string" ? [] : [{ field: "metadata.name", message: "must be set" }];
}
