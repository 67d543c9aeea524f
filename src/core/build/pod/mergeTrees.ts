import { asRecord, type JsonObject } from "../json.ts";

/**
 * Merges one tree over another, as the reference merges pod templates (NATIVE 6). Objects merge field by field. Lists
 * merge element by element, by position or, if configured and possible, by the elements' `name`.
 */
export function mergeTrees(base: unknown, over: unknown, byName: boolean): unknown {
  if (over === undefined || over === null) return base;
  if (Array.isArray(base) && Array.isArray(over)) return mergeLists(base, over, byName);
  return isObject(base) && isObject(over) ? mergeObjects(base, over, byName) : over;
}

function mergeObjects(base: JsonObject, over: JsonObject, byName: boolean): JsonObject {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) merged[name] = mergeTrees(base[name], value, byName);
  return merged;
}

function mergeLists(base: readonly unknown[], over: readonly unknown[], byName: boolean): unknown[] {
  if (byName && [...base, ...over].every(hasName)) return mergeByName(base, over);
  const length = Math.max(base.length, over.length);
  return Array.from({ length }, (_, at) => mergeTrees(base[at], over[at], byName));
}

function mergeByName(base: readonly unknown[], over: readonly unknown[]): unknown[] {
  const merged = new Map<unknown, unknown>();
  for (const element of [...base, ...over]) {
    const { name } = asRecord(element);
    merged.set(name, mergeTrees(merged.get(name), element, true));
  }
  return [...merged.values()];
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const hasName = (value: unknown): boolean => typeof asRecord(value).name === "string";
