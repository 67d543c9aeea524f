import { FlinkRestError } from "./api.ts";

/** Readers of untrusted JSON. Each function returns the requested value or throws a "broken" FlinkRestError. */

export type JsonObject = Readonly<Record<string, unknown>>;

export const broken = (message: string, cause?: unknown): FlinkRestError =>
  new FlinkRestError(0, "broken", message, cause === undefined ? undefined : { cause });

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An own field, never one of Object.prototype. */
export const at = (of: JsonObject, field: string): unknown =>
  Object.hasOwn(of, field) ? of[field] : undefined;

export function object(value: unknown, what: string): JsonObject {
  if (!isObject(value)) {
    throw broken(`the answer's ${what} is not an object`);
  }
  return value;
}

export const objectOr = (value: unknown): JsonObject => (isObject(value) ? value : {});

export function text(of: JsonObject, field: string): string {
  const value = at(of, field);
  if (typeof value !== "string") {
    throw broken(`the answer's field ${field} is not a string`);
  }
  return value;
}

export const textOr = (of: JsonObject, field: string, otherwise: string): string => {
  const value = at(of, field);
  return typeof value === "string" ? value : otherwise;
};

export function number(of: JsonObject, field: string): number {
  const value = at(of, field);
  if (typeof value !== "number") {
    throw broken(`the answer's field ${field} is not a number`);
  }
  return value;
}

export const numberOr = (of: JsonObject, field: string, otherwise: number): number => {
  const value = at(of, field);
  return typeof value === "number" ? value : otherwise;
};

/** Reads each element of the array in field `list` of `of`. */
export function each<T>(of: unknown, list: string, read: (element: JsonObject) => T): T[] {
  const array = at(object(of, `object with ${list}`), list);
  if (!Array.isArray(array)) {
    throw broken(`the answer's field ${list} is not an array`);
  }
  return array.map((element) => read(object(element, `element of ${list}`)));
}
