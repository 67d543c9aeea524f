import { formatPath, type Path } from "./yamlPaths.ts";

/** The part of OpenAPI v3 that definitions of custom resources use. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly nullable?: boolean;
  readonly anyOf?: readonly Schema[];
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
}

/** The schema at a path. Undefined: nothing is known of it. */
export function schemaAt(schema: Schema | undefined, path: Path): Schema | undefined {
  return path.reduce<Schema | undefined>((at, part) => {
    if (at === undefined) return undefined;
    if (typeof part === "number") return at.items;
    const { properties, additionalProperties } = at;
    if (properties !== undefined && Object.hasOwn(properties, part)) return properties[part];
    return typeof additionalProperties === "object" ? additionalProperties : undefined;
  }, schema);
}

export interface Mistake {
  readonly path: Path;
  /** One sentence with the field. */
  readonly message: string;
}

/** The fields that an API server has for every resource: a CRD's schema does not declare them. */
const free = new Set(["apiVersion", "kind", "metadata", "status"]);

/** Where a manifest does not follow its schema. */
export function checkManifest(value: unknown, schema: Schema): Mistake[] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return [{ path: [], message: "A manifest is a mapping with apiVersion, kind, metadata and spec." }];
  const { properties = {} } = schema;
  return Object.entries(value).flatMap(([key, each]) => {
    if (free.has(key)) return [];
    const known = properties[key];
    return known === undefined ? [unknownField([key], properties)] : check(each, known, [key]);
  });
}

function check(value: unknown, schema: Schema, path: Path): Mistake[] {
  if (value === null) return [];
  const wrong = wrongType(value, schema);
  if (wrong !== undefined) return [mistake(path, `is ${shown(value)}, and must be ${wrong}`)];
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return [mistake(path, `is ${shown(value)}, and must be one of ${schema.enum.join(", ")}`)];
  if (typeof value === "number") {
    if (schema.minimum !== undefined && value < schema.minimum)
      return [mistake(path, `is ${value}, and must be at least ${schema.minimum}`)];
    if (schema.maximum !== undefined && value > schema.maximum)
      return [mistake(path, `is ${value}, and must be at most ${schema.maximum}`)];
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((each, at) => check(each, items, [...path, at]));
  }
  return typeof value === "object" ? checkObject(value, schema, path) : [];
}

function checkObject(value: object, schema: Schema, path: Path): Mistake[] {
  const { properties = {}, additionalProperties, required = [] } = schema;
  const missing = required
    .filter((key) => !Object.hasOwn(value, key))
    .map((key) => mistake([...path, key], "is required"));
  const wrong = Object.entries(value).flatMap(([key, each]) => {
    const below = [...path, key];
    if (Object.hasOwn(properties, key)) return check(each, properties[key] as Schema, below);
    if (typeof additionalProperties === "object") return check(each, additionalProperties, below);
    const isFree =
      additionalProperties === true ||
      schema["x-kubernetes-preserve-unknown-fields"] === true ||
      schema.properties === undefined;
    return isFree ? [] : [unknownField(below, properties)];
  });
  return [...missing, ...wrong];
}

function unknownField(path: Path, properties: Readonly<Record<string, Schema>>): Mistake {
  const key = String(path.at(-1));
  const near = Object.keys(properties).find((each) => each.toLowerCase() === key.toLowerCase());
  return mistake(path, `is no field${near === undefined ? "" : `; ${near} is one`}`);
}

/** What the value must be, if it is something else. */
function wrongType(value: unknown, schema: Schema): string | undefined {
  if (schema["x-kubernetes-int-or-string"])
    return typeof value === "number" || typeof value === "string" ? undefined : "a number or a text";
  switch (schema.type) {
    case "string":
      return typeof value === "string" ? undefined : "a text, in quotes where it looks like something else";
    case "integer":
      return Number.isInteger(value) ? undefined : "a whole number";
    case "number":
      return typeof value === "number" ? undefined : "a number";
    case "boolean":
      return typeof value === "boolean" ? undefined : "true or false";
    case "array":
      return Array.isArray(value) ? undefined : "a list";
    case "object":
      return typeof value === "object" && !Array.isArray(value) ? undefined : "a mapping";
    default:
      return undefined;
  }
}

const mistake = (path: Path, predicate: string): Mistake => ({
  path,
  message: `${formatPath(path)} ${predicate}.`,
});

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a mapping" : JSON.stringify(value);
}
