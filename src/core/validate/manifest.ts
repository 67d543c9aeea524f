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

/** A whole object of a kind, as far as the kind declares it: of its status nothing is asked. */
const manifestOf = (kind: KindDeclaration): FieldType =>
  object(kind.kind, {
    apiVersion: field(oneOf([apiVersionOf(kind)]), ""),
    kind: field(oneOf([kind.kind]), ""),
    metadata: field(anything, ""),
    spec: { type: kind.spec.type, doc: "" },
    status: field(anything, ""),
  });

/** Of anything at all, as it stands in a file: what the CRD would not take, and with "refuse" what it would drop. */
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
