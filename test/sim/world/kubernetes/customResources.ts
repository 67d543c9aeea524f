import { buildCustomResourceDefinition, type Schema } from "../../../../src/api/crd.ts";
import type { Rule } from "../../../../src/api/declaration.ts";
import type { KubeObject } from "../../../../src/api/kubernetes.ts";
import { flinkDeployment } from "../../../../src/api/v1beta1/flinkdeployment.ts";
import { flinkSessionJob } from "../../../../src/api/v1beta1/flinksessionjob.ts";
import { flinkStateSnapshot } from "../../../../src/api/v1beta1/flinkstatesnapshot.ts";
import { isObject, type JsonObject } from "../json.ts";
import { compileCel } from "./cel.ts";

/** Pruning and validation of custom resources by the schema and the rules of their CRDs. */

const schemaOf = (definition: ReturnType<typeof buildCustomResourceDefinition>): Schema =>
  definition.spec.versions[0]?.schema.openAPIV3Schema ?? {};

const schemas: Readonly<Record<string, Schema>> = {
  FlinkDeployment: schemaOf(buildCustomResourceDefinition(flinkDeployment)),
  FlinkSessionJob: schemaOf(buildCustomResourceDefinition(flinkSessionJob)),
  FlinkStateSnapshot: schemaOf(buildCustomResourceDefinition(flinkStateSnapshot)),
};

/** Removes, in place, the fields that are not in the schema. */
export const pruneCustomResource = (kind: string, object: JsonObject): void => {
  const schema = schemas[kind];
  for (const part of ["spec", "status"]) {
    const below = schema?.properties?.[part];
    if (below !== undefined) prune(object[part], below);
  }
};

const prune = (value: unknown, schema: Schema): void => {
  if (Array.isArray(value)) {
    for (const item of value) if (schema.items !== undefined) prune(item, schema.items);
    return;
  }
  if (!isObject(value) || schema["x-kubernetes-preserve-unknown-fields"] === true) return;
  const { properties, additionalProperties } = schema;
  for (const [name, child] of Object.entries(value)) {
    const known = properties?.[name] ?? additionalProperties;
    if (known === undefined) delete value[name];
    else prune(child, known);
  }
};

/** The first violation of the CRD's schema or rules. */
export const refusalOfCustomResource = (
  kind: string,
  object: KubeObject,
  previous: KubeObject | undefined,
): { field: string; what: string } | undefined => {
  const schema = schemas[kind];
  if (schema === undefined) return undefined;
  const { metadata: _, ...body } = object;
  const wrong = [...structureErrors(schema, body, "")];
  // Rules are evaluated only for objects with a valid structure.
  return wrong[0] ?? [...ruleErrors(schema, object, previous, "")][0];
};

interface Refusal {
  field: string;
  what: string;
}

const typeOf = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value !== "number") return typeof value;
  return Number.isInteger(value) ? "integer" : "number";
};

const fits = (schema: Schema, value: unknown): boolean => {
  const type = typeOf(value);
  if (schema["x-kubernetes-int-or-string"] === true) return type === "integer" || type === "string";
  if (schema.type === undefined || schema.type === type) return true;
  return schema.type === "number" && type === "integer";
};

function* structureErrors(schema: Schema, value: unknown, path: string): Generator<Refusal> {
  if (!fits(schema, value)) {
    const expected =
      schema["x-kubernetes-int-or-string"] === true ? "integer or string" : (schema.type ?? "any");
    const what = `Invalid value: "${typeOf(value)}": ${path} in body must be of type ${expected}: "${typeOf(value)}"`;
    yield { field: path, what };
    return;
  }
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    const known = schema.enum.map((each) => `"${each}"`).join(", ");
    yield { field: path, what: `Unsupported value: "${value}": supported values: ${known}` };
  }
  if (schema.minimum !== undefined && (value as number) < schema.minimum) {
    const what = `Invalid value: ${value}: ${path} in body should be greater than or equal to ${schema.minimum}`;
    yield { field: path, what };
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      if (schema.items) yield* structureErrors(schema.items, item, `${path}[${index}]`);
  } else if (isObject(value)) {
    for (const [name, child] of Object.entries(value)) {
      const below = schema.properties?.[name] ?? schema.additionalProperties;
      if (below !== undefined) yield* structureErrors(below, child, path === "" ? name : `${path}.${name}`);
    }
  }
}

/** Rules belong to objects and fields; those of an absent field are not evaluated. */
function* ruleErrors(schema: Schema, value: unknown, previous: unknown, path: string): Generator<Refusal> {
  for (const rule of schema["x-kubernetes-validations"] ?? []) {
    const what = violation(rule, value, previous);
    if (what !== undefined) yield { field: `${path}${rule.fieldPath ?? ""}`.replace(/^\./, ""), what };
  }
  if (!isObject(value)) return;
  for (const [name, below] of Object.entries(schema.properties ?? {})) {
    if (value[name] === undefined) continue;
    const before = isObject(previous) ? previous[name] : undefined;
    yield* ruleErrors(below, value[name], before, `${path}.${name}`);
  }
}

const violation = ({ rule, message }: Rule, value: unknown, previous: unknown): string | undefined => {
  // A transition rule is evaluated only for updates.
  const isTransitionRule = /\boldSelf\b/.test(rule);
  if (isTransitionRule && previous === undefined) return undefined;
  const holds = compileCel(rule)({ self: value, oldSelf: previous });
  return holds === true ? undefined : `Invalid value: "${typeOf(value)}": ${message}`;
};
