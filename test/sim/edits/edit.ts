import { clone, equal, isObject, type JsonObject } from "../world/json.ts";

export const editKinds = ["set", "change", "extreme", "wrong type", "remove"] as const;
export type EditKind = (typeof editKinds)[number];

/** One change that a user makes to the spec of a running resource, and reverts afterwards. */
export interface Edit {
  readonly kind: EditKind;
  /** Relative to the spec; a number is an index of a list. */
  readonly path: readonly (string | number)[];
  /** Undefined: removes the field. */
  readonly value: unknown;
}

/** The name of the edit, which also replays it. */
export const nameOf = ({ path, value, kind }: Edit): string =>
  value === undefined
    ? `${kind} ${fieldOf(path)}`
    : `${kind} ${fieldOf(path)} = ${shorten(JSON.stringify(value))}`;

export const fieldOf = (path: Edit["path"]): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return /^[\w-]+$/.test(step) ? `${text}.${step}` : `${text}["${step}"]`;
  }, "spec");

/** A long value is identified by its beginning and its length. */
const shorten = (text: string): string =>
  text.length <= 60 ? text : `${text.slice(0, 60)}… (${text.length})`;

/** The spec after the edit; undefined where the edit changes nothing. */
export const applyEdit = (spec: JsonObject, { path, value }: Edit): JsonObject | undefined => {
  const edited = put(spec, path, value) as JsonObject;
  return equal(edited, spec) ? undefined : edited;
};

/** The required fields of new elements of these lists, besides the edited one. */
const requiredFields: Readonly<Record<string, JsonObject>> = {
  initContainers: { name: "fetch", image: "busybox:1" },
  volumes: { name: "more" },
  env: { name: "MORE" },
  ports: { containerPort: 9000 },
  hostAliases: { ip: "10.0.0.1" },
  tolerations: { operator: "Exists" },
};

/** Creates what is missing on the path: a list for an index, otherwise an object. */
const put = (here: unknown, [step, ...rest]: Edit["path"], value: unknown, within = ""): unknown => {
  if (step === undefined) return clone(value);
  if (typeof step === "number") {
    const list = Array.isArray(here) ? [...here] : [];
    list[step] = put(list[step] ?? requiredFields[within], rest, value);
    return list.filter((item) => item !== undefined);
  }
  const fields = isObject(here) ? { ...here } : {};
  const next = put(fields[step], rest, value, step);
  if (next === undefined) delete fields[step];
  else fields[step] = next;
  return fields;
};

/** The merge patch that changes one value into another, as a client sends it. */
export const mergePatchBetween = (before: JsonObject, after: JsonObject): JsonObject => {
  const patch: JsonObject = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, next] = [before[name], after[name]];
    if (equal(old, next)) continue;
    if (next === undefined) patch[name] = null;
    else patch[name] = isObject(old) && isObject(next) ? mergePatchBetween(old, next) : next;
  }
  return patch;
};
