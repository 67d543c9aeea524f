import { clone, equal, isObject, type JsonObject } from "../json.ts";

/**
 * The fields that each manager owns, like metadata.managedFields on a real server, as far as server-side apply needs them.
 * A field is a path; items of associative lists are identified by their keys ("spec containers[name=a] image").
 */
export type FieldOwners = ReadonlyMap<string, ReadonlySet<string>>;

export const noOwners: FieldOwners = new Map();

/** How the lists of a kind merge; undefined: the list is replaced as a whole. */
export type ListKeys = (path: string) => readonly string[] | "set" | undefined;

/** Forced server-side apply: the manager's fields win, and fields that it no longer applies are removed. */
export const applyFields = (
  live: JsonObject | undefined,
  applied: JsonObject,
  owners: FieldOwners,
  manager: string,
  listKeys: ListKeys,
): { object: JsonObject; owners: FieldOwners } => {
  const mine = new Set<string>();
  collect(applied, "", listKeys, mine);
  const dropped = new Set([...(owners.get(manager) ?? [])].filter((path) => !ownsAt(mine, path)));
  for (const [other, fields] of owners) {
    if (other === manager) continue;
    for (const path of dropped) if (ownsAt(fields, path)) dropped.delete(path);
  }
  const merged = mergeTyped(live ?? {}, applied, "", listKeys) as JsonObject;
  const object = (dropFields(merged, "", listKeys, dropped) ?? {}) as JsonObject;
  const next = new Map(owners);
  const changed = changedFields(live ?? {}, object, listKeys);
  for (const [other, fields] of owners) {
    if (other !== manager) next.set(other, without(fields, changed));
  }
  next.set(manager, mine);
  return { object, owners: next };
};

/** Create, update and patch own the fields that they change. */
export const ownChanges = (
  before: JsonObject | undefined,
  after: JsonObject,
  owners: FieldOwners,
  manager: string,
  listKeys: ListKeys,
): FieldOwners => {
  const changed = changedFields(before ?? {}, after, listKeys);
  const next = new Map<string, ReadonlySet<string>>();
  for (const [other, fields] of owners)
    next.set(other, other === manager ? fields : without(fields, changed));
  next.set(manager, new Set([...(next.get(manager) ?? []), ...changed]));
  return next;
};

const without = (fields: ReadonlySet<string>, changed: ReadonlySet<string>): ReadonlySet<string> =>
  [...changed].some((path) => fields.has(path))
    ? new Set([...fields].filter((path) => !changed.has(path)))
    : fields;

/** A manager that owns a field of a list item also owns the item. */
const ownsAt = (fields: ReadonlySet<string>, path: string): boolean => {
  if (fields.has(path)) return true;
  for (const field of fields) {
    if (field.startsWith(path) && (field[path.length] === " " || field[path.length] === "[")) return true;
  }
  return false;
};

const collect = (value: unknown, path: string, listKeys: ListKeys, into: Set<string>): void => {
  if (isObject(value) && Object.keys(value).length > 0) {
    for (const [key, item] of Object.entries(value)) collect(item, join(path, key), listKeys, into);
    return;
  }
  const keys = Array.isArray(value) ? listKeys(path) : undefined;
  if (keys === undefined || !Array.isArray(value)) {
    if (path !== "") into.add(path);
    return;
  }
  for (const item of value) {
    const itemPath = path + itemName(item, keys);
    into.add(itemPath);
    if (isObject(item)) collect(item, itemPath, listKeys, into);
  }
};

const mergeTyped = (live: unknown, applied: unknown, path: string, listKeys: ListKeys): unknown => {
  if (isObject(applied)) {
    const merged: JsonObject = isObject(live) ? { ...live } : {};
    for (const [key, value] of Object.entries(applied)) {
      merged[key] = mergeTyped(merged[key], value, join(path, key), listKeys);
    }
    return merged;
  }
  const keys = Array.isArray(applied) && Array.isArray(live) ? listKeys(path) : undefined;
  if (keys === undefined || !Array.isArray(applied) || !Array.isArray(live)) return clone(applied);
  const byName = new Map<string, unknown>(live.map((item) => [itemName(item, keys), item]));
  for (const item of applied) {
    const name = itemName(item, keys);
    byName.set(name, mergeTyped(byName.get(name), item, path + name, listKeys));
  }
  return [...byName.values()];
};

/** Undefined where nothing remains. */
const dropFields = (value: unknown, path: string, listKeys: ListKeys, dropped: Set<string>): unknown => {
  if (dropped.has(path)) return undefined;
  if (isObject(value)) {
    const kept: JsonObject = {};
    for (const [key, item] of Object.entries(value)) {
      const left = dropFields(item, join(path, key), listKeys, dropped);
      if (left !== undefined) kept[key] = left;
    }
    return Object.keys(kept).length === 0 && Object.keys(value).length > 0 ? undefined : kept;
  }
  const keys = Array.isArray(value) ? listKeys(path) : undefined;
  if (keys === undefined || !Array.isArray(value)) return value;
  const kept = value
    .map((item) => dropFields(item, path + itemName(item, keys), listKeys, dropped))
    .filter((item) => item !== undefined);
  return kept.length === 0 && value.length > 0 ? undefined : kept;
};

const changedFields = (before: JsonObject, after: JsonObject, listKeys: ListKeys): Set<string> => {
  const changed = new Set<string>();
  addChanged(before, after, "", listKeys, changed);
  return changed;
};

/** Parts that are identical before and after the write are skipped. */
const addChanged = (
  before: unknown,
  after: unknown,
  path: string,
  listKeys: ListKeys,
  changed: Set<string>,
): void => {
  if (before === after) return;
  if (isObject(before) && isObject(after) && holdsFields(before) && holdsFields(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      addChanged(before[key], after[key], join(path, key), listKeys, changed);
    return;
  }
  const was = fieldValues(before, path, listKeys);
  const is = fieldValues(after, path, listKeys);
  for (const field of new Set([...was.keys(), ...is.keys()]))
    if (field !== "" && !equal(was.get(field), is.get(field))) changed.add(field);
};

const holdsFields = (value: JsonObject): boolean => Object.keys(value).length > 0;

const fieldValues = (object: unknown, at: string, listKeys: ListKeys): Map<string, unknown> => {
  const values = new Map<string, unknown>();
  const visit = (value: unknown, path: string): void => {
    if (isObject(value) && Object.keys(value).length > 0) {
      for (const [key, item] of Object.entries(value)) visit(item, join(path, key));
      return;
    }
    const keys = Array.isArray(value) ? listKeys(path) : undefined;
    if (keys === undefined || !Array.isArray(value)) {
      values.set(path, value);
      return;
    }
    for (const item of value) {
      const itemPath = path + itemName(item, keys);
      values.set(itemPath, true);
      if (isObject(item)) visit(item, itemPath);
    }
  };
  if (object !== undefined) visit(object, at);
  return values;
};

/** Keys of maps may contain dots and slashes (labels, file names), but no spaces. */
const join = (path: string, key: string): string => (path === "" ? key : `${path} ${key}`);

const itemName = (item: unknown, keys: readonly string[] | "set"): string =>
  keys === "set"
    ? `[=${JSON.stringify(item)}]`
    : `[${keys.map((key) => `${key}=${isObject(item) ? String(item[key] ?? keyDefaults[key] ?? "") : ""}`).join(",")}]`;

/** A key that is absent has the default of its schema, also before the server has set it. */
const keyDefaults: Readonly<Record<string, string>> = { protocol: "TCP" };
