/**
 * Whether a value has the structure that its kind declares: what the API server checks by the CRD, with better
 * messages.
 */
import { type FieldType, fieldsOf } from "../../api/declaration.ts";
import { formatJson } from "../../api/exactJson.ts";
import { nearest } from "./nearest.ts";
import { podTemplateFrame } from "./podTemplateFrame.ts";
import { either, type ValidationError } from "./validationError.ts";

export interface StructureOptions {
  /** The API server drops unknown fields; a command line user wants an error. */
  readonly unknownFields: "refuse" | "ignore";
}

/** All errors, in the order of the declaration. A null counts as absent, as in the API server. */
export function validateStructure(
  type: FieldType,
  value: unknown,
  path: string,
  options: StructureOptions,
): ValidationError[] {
  const wrong = (expected: string): ValidationError[] => [
    { field: path, message: `must be ${expected}, not ${describe(value)}` },
  ];
  switch (type.kind) {
    case "string":
      if (typeof value !== "string") return wrong(type.values ? either(type.values) : "a text");
      return type.values && !type.values.includes(value) ? [unknownValue(path, value, type.values)] : [];
    case "integer": {
      const fits = isInteger(value) && BigInt.asIntN(type.bits, BigInt(value)) === BigInt(value);
      return fits ? [] : wrong(`a whole number of ${type.bits} bits`);
    }
    case "number":
      return Number.isFinite(value) || isInteger(value) ? [] : wrong("a number");
    case "boolean":
      return typeof value === "boolean" ? [] : wrong("true or false");
    case "intOrString":
      return isInteger(value) || typeof value === "string"
        ? []
        : wrong("a quantity: a whole number or a text such as 500m");
    case "list":
      return Array.isArray(value)
        ? value.flatMap((item, index) => validateStructure(type.items, item, `${path}[${index}]`, options))
        : wrong("a list");
    case "map":
      return isObject(value)
        ? present(value).flatMap(([key, child]) =>
            validateStructure(type.values, child, childPath(path, key), options),
          )
        : wrong("an object");
    case "freeForm": {
      if (!isObject(value)) return wrong("an object");
      const frame = frames[type.name];
      return frame === undefined ? [] : validateStructure(frame, value, path, { unknownFields: "ignore" });
    }
    case "object":
      return isObject(value) ? validateFields(type, value, path, options) : wrong("an object");
  }
}

/** What is checked in an object that may contain anything. */
const frames: Readonly<Record<string, FieldType>> = { PodTemplateSpec: podTemplateFrame };

type ObjectType = Extract<FieldType, { kind: "object" }>;

function validateFields(
  type: ObjectType,
  value: Record<string, unknown>,
  path: string,
  options: StructureOptions,
): ValidationError[] {
  const declared = type.fields.flatMap((field) => {
    const child = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
    return child === undefined || child === null
      ? []
      : validateStructure(field.type, child, childPath(path, field.name), options);
  });
  if (options.unknownFields === "ignore") return declared;
  const unknown = Object.keys(value).filter((name) => !type.fields.some((field) => field.name === name));
  return [...declared, ...unknown.map((name) => unknownField(type, path, name))];
}

function unknownField(type: ObjectType, path: string, name: string): ValidationError {
  const names = type.fields.map((field) => field.name);
  const similar = nearest(name, names) ?? findBelow(type, name);
  const hint = similar === undefined ? `known are ${names.join(", ")}` : `did you mean ${similar}?`;
  return { field: childPath(path, name), message: `there is no such field: ${hint}` };
}

/** The path of a nested field of exactly this name, for wrong nesting. */
function findBelow(type: FieldType, name: string): string | undefined {
  for (const field of fieldsOf(type)) {
    if (field.name === name) return name;
    const below = findBelow(field.type, name);
    if (below !== undefined) return `${field.name}.${below}`;
  }
  return undefined;
}

function unknownValue(field: string, value: string, values: readonly string[]): ValidationError {
  const similar = nearest(value, values);
  const hint = similar === undefined ? "" : `; did you mean ${similar}?`;
  return { field, message: `must be ${either(values)}, not ${describe(value)}${hint}` };
}

/** A bigint is a number that JavaScript would round (src/api/exactJson.ts). */
const isInteger = (value: unknown): value is number | bigint =>
  typeof value === "bigint" || Number.isInteger(value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const present = (value: Record<string, unknown>) =>
  Object.entries(value).filter(([, child]) => child !== null);

export const childPath = (path: string, name: string): string =>
  /^[\w-]+$/.test(name) ? `${path === "" ? "" : `${path}.`}${name}` : `${path}["${name}"]`;

/** A wrong value, truncated for a message. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "an object";
  const text = formatJson(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/**
 * The value as the API server would store it: without nulls and unknown fields. What is not of its type stays as it is: a
 * recorded spec may hold anything.
 */
export function asStored(type: FieldType, value: unknown): unknown {
  if (type.kind === "list")
    return Array.isArray(value) ? value.map((item) => asStored(type.items, item)) : value;
  if (!isObject(value)) return value;
  if (type.kind === "map") return Object.fromEntries(present(value));
  if (type.kind !== "object") return value;
  return Object.fromEntries(
    type.fields.flatMap(({ name, type }) => {
      const child = value[name];
      return child === undefined || child === null ? [] : [[name, asStored(type, child)]];
    }),
  );
}
