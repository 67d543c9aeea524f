/** JSON values as the API server stores them. */

import type { JsonPatchOperation } from "../../../src/kube/api.ts";

export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A copy as JSON serialization makes it: without undefined fields. */
export const clone = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : clone(item))) as T;
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) if (value[key] !== undefined) copy[key] = clone(value[key]);
  return copy as T;
};

export const equal = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, at) => equal(item, b[at]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
  );
};

export const freeze = <T>(value: T): T => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) freeze(item);
  }
  return value;
};

/** The value at a path, or undefined. */
export const dig = (value: unknown, ...path: (string | number)[]): unknown => {
  let here = value;
  for (const key of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = (here as JsonObject)[key];
  }
  return here;
};

export const listAt = (value: unknown, ...path: (string | number)[]): JsonObject[] => {
  const found = dig(value, ...path);
  return Array.isArray(found) ? found.filter(isObject) : [];
};

export const textAt = (value: unknown, ...path: (string | number)[]): string | undefined => {
  const found = dig(value, ...path);
  return typeof found === "string" ? found : undefined;
};

export const numberAt = (value: unknown, ...path: (string | number)[]): number | undefined => {
  const found = dig(value, ...path);
  return typeof found === "number" ? found : undefined;
};

/** RFC 7386. */
export const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) return clone(patch);
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
};

/** RFC 6902, as far as the operator uses it: an Error if a test fails or a path does not exist. */
export const jsonPatch = <T>(target: T, operations: readonly JsonPatchOperation[]): T | Error => {
  const patched = clone(target);
  for (const operation of operations) {
    const keys = operation.path.split("/").slice(1);
    const last = keys.pop() ?? "";
    const parent = dig(patched, ...keys);
    if (!isObject(parent) && !Array.isArray(parent)) return new Error(`${operation.path}: no such path`);
    const found = dig(parent, last);
    if (operation.op === "test" && !equal(found, operation.value))
      return new Error(`${operation.path}: the test failed`);
    if (operation.op === "test") continue;
    if (found === undefined) return new Error(`${operation.path}: no such path`);
    if (operation.op === "replace") (parent as JsonObject)[last] = clone(operation.value);
    else if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete parent[last];
  }
  return patched;
};

/** The differences, one "path: before → after" for each leaf. */
export const differences = (before: unknown, after: unknown, path = ""): string[] => {
  if (equal(before, after)) return [];
  const sides = comparable(before, after);
  if (sides === undefined) return [`${path}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`];
  const [left, right] = sides;
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return keys.flatMap((key) => differences(left[key], right[key], path === "" ? key : `${path}.${key}`));
};

/** Two objects, two lists of the same length or two texts of several lines, as objects whose fields can be compared. */
const comparable = (a: unknown, b: unknown): [JsonObject, JsonObject] | undefined => {
  if (isObject(a) && isObject(b)) return [a, b];
  if (typeof a === "string" && typeof b === "string" && a.includes("\n")) return [lines(a), lines(b)];
  const lists = Array.isArray(a) && Array.isArray(b) && a.length === b.length;
  return lists ? [{ ...a }, { ...b }] : undefined;
};

const lines = (text: string): JsonObject =>
  Object.fromEntries(text.split("\n").map((line) => [line, "there"]));
