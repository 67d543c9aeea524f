/** The CustomResourceDefinition of a declared kind. */
import type { FieldDeclaration, FieldType, KindDeclaration, Rule } from "./declaration.ts";

/** The used fields of a structural schema of apiextensions.k8s.io/v1. */
export interface Schema {
  type?: string;
  description?: string;
  enum?: readonly string[];
  minimum?: number;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  anyOf?: readonly Schema[];
  "x-kubernetes-int-or-string"?: true;
  "x-kubernetes-preserve-unknown-fields"?: true;
  "x-kubernetes-validations"?: readonly Rule[];
}

const validations = (rules: readonly Rule[] | undefined): Schema =>
  rules === undefined ? {} : { "x-kubernetes-validations": rules };

function typeSchema(type: FieldType): Schema {
  switch (type.kind) {
    case "string":
      return { type: "string", ...(type.values && { enum: type.values }) };
    case "integer":
    case "number":
    case "boolean":
      return { type: type.kind };
    case "intOrString":
      return { anyOf: [{ type: "integer" }, { type: "string" }], "x-kubernetes-int-or-string": true };
    case "list":
      return { type: "array", items: typeSchema(type.items) };
    case "map":
      return { type: "object", additionalProperties: typeSchema(type.values) };
    case "freeForm":
      return { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    case "object":
      return { type: "object", properties: properties(type.fields), ...validations(type.rules) };
  }
}

const properties = (fields: readonly FieldDeclaration[]): Record<string, Schema> =>
  Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)]));

/** Has no defaults: the API server would write them into stored specs, and an unchanged spec would differ. */
function fieldSchema({ type, doc, deprecated, minimum, rules }: FieldDeclaration): Schema {
  return {
    description: deprecated ? `Deprecated. ${doc}` : doc,
    ...typeSchema(type),
    ...(minimum !== undefined && { minimum }),
    ...(rules && validations([...(type.kind === "object" ? (type.rules ?? []) : []), ...rules])),
  };
}

export function buildCustomResourceDefinition(kind: KindDeclaration) {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${kind.group}` },
    spec: {
      group: kind.group,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        shortNames: kind.shortNames,
      },
      scope: "Namespaced",
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          additionalPrinterColumns: kind.columns,
          schema: {
            openAPIV3Schema: {
              type: "object",
              description: kind.doc,
              properties: properties([kind.spec, kind.status]),
              ...validations(kind.rules),
            } satisfies Schema,
          },
          subresources: { status: {}, ...(kind.scale && { scale: kind.scale }) },
        },
      ],
    },
  };
}
