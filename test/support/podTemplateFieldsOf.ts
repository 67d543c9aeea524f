/** The parts of an API server's OpenAPI document that are read here. */
export interface OpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

type Types = Record<string, Record<string, string>>;

/** The types of the fields of PodTemplateSpec and of all types below it, in the form that src/core/validate/podTemplateFields.ts reads. */
export function podTemplateFieldsOf({ components: { schemas } }: OpenApi): Types {
  const types: Types = {};
  const nameOf = (reference: string): string => reference.slice(reference.lastIndexOf(".") + 1);

  function visit(reference: string): string {
    const name = nameOf(reference);
    const properties = schemas[reference.slice(reference.lastIndexOf("/") + 1)]?.properties;
    if (properties === undefined) return "any";
    if (types[name] === undefined) {
      types[name] = {};
      const fields = Object.entries(properties).map(([field, schema]) => [field, codeOf(schema)] as const);
      types[name] = Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
    }
    return name;
  }

  function codeOf(schema: Schema): string {
    const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
    if (reference !== undefined) return visit(reference);
    switch (schema.type) {
      case "array":
        return `[]${codeOf(schema.items ?? {})}`;
      case "object":
        return schema.additionalProperties === undefined ? "any" : `{}${codeOf(schema.additionalProperties)}`;
      case "integer":
        return schema.format ?? "int64";
      case "string":
      case "boolean":
        return schema.type;
      default:
        return "any";
    }
  }

  visit("io.k8s.api.core.v1.PodTemplateSpec");
  return Object.fromEntries(Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1)));
}
