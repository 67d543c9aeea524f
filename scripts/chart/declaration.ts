/** The declarations of the chart's values: path, default, documentation and schema together. */

/** The used part of JSON Schema. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
}

export interface Value {
  readonly default: unknown;
  readonly doc: string;
  readonly schema: Schema;
  /** `reference`: a value of the Java operator's chart, with the same default. `own`: an addition of this chart. */
  readonly origin: "reference" | "own";
  /** The value is only for a JVM: it is accepted, and named in the notes after an install. */
  readonly ignored?: true;
}

export interface ValueGroup {
  readonly doc: string;
  readonly values: ValueTree;
}

export interface ValueTree {
  readonly [name: string]: Value | ValueGroup;
}

export const isValue = (node: Value | ValueGroup): node is Value => "schema" in node;

export const reference = (byDefault: unknown, schema: Schema, doc: string): Value => ({
  default: byDefault,
  doc,
  schema,
  origin: "reference",
});

export const own = (byDefault: unknown, schema: Schema, doc: string): Value => ({
  ...reference(byDefault, schema, doc),
  origin: "own",
});

export const ignored = (byDefault: unknown, schema: Schema, doc: string): Value => ({
  ...reference(byDefault, schema, doc),
  ignored: true,
});

export const group = (doc: string, values: ValueTree): ValueGroup => ({ doc, values });

/** Every value with its path, in the order of declaration. Dots in a name are written as for `helm --set`. */
export function valuesOf(tree: ValueTree, prefix = ""): [path: string, value: Value][] {
  return Object.entries(tree).flatMap(([name, node]): [string, Value][] => {
    const path = `${prefix}${name.replaceAll(".", "\\.")}`;
    return isValue(node) ? [[path, node]] : valuesOf(node.values, `${path}.`);
  });
}

/** The names in a path of `valuesOf`. */
export const namesIn = (path: string): string[] =>
  path.split(/(?<!\\)\./).map((name) => name.replaceAll("\\.", "."));

/** The defaults as one tree, as in values.yaml. */
export const defaultsOf = (tree: ValueTree): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(tree).map(([name, node]) => [
      name,
      isValue(node) ? node.default : defaultsOf(node.values),
    ]),
  );

export const text: Schema = { type: "string" };
export const flag: Schema = { type: "boolean" };
/** A whole number, also as text: other charts and `--set-string` carry numbers so, and the templates take both. */
export const wholeNumber = (limits: Pick<Schema, "minimum" | "maximum">): Schema => ({
  type: ["integer", "string"],
  pattern: "^[0-9]+$",
  ...limits,
});
export const port: Schema = wholeNumber({ minimum: 1, maximum: 65535 });
export const textMap: Schema = { type: "object", additionalProperties: text };
/** A type of Kubernetes, which the API server validates. */
export const structure: Schema = { type: "object" };
export const listOf = (items: Schema): Schema => ({ type: "array", items });
export const named: Schema = { type: "object", required: ["name"], properties: { name: text } };
export const oneOf = (...words: readonly string[]): Schema => ({ type: "string", enum: words });
export const objectName: Schema = { type: "string", pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$" };
export const orNull = (schema: Schema): Schema => ({
  ...schema,
  type: [...(typeof schema.type === "string" ? [schema.type] : (schema.type ?? [])), "null"],
  ...(schema.enum && { enum: [...schema.enum, null] }),
});
