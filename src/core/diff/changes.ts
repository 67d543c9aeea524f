import {
  type ChangeByMode,
  type ChangeEffect,
  type FieldDeclaration,
  type FieldType,
  fieldsOf,
} from "../../api/declaration.ts";
import { flattenConfiguration } from "../../config/values/configTree.ts";
import { type Canonical, type CanonicalObject, isPlainObject, isSame } from "../spec/canonical.ts";
import { effectivePodTemplate } from "../spec/kubernetesModel.ts";
import { withoutComments } from "./sqlText.ts";

/** One field in which two specs differ. */
export interface FieldChange {
  /** Path within the spec, with dots. */
  readonly path: string;
  readonly effect: ChangeEffect;
  /** Null if absent. */
  readonly before: Canonical;
  readonly after: Canonical;
}

type Mode = keyof ChangeByMode;

/** The changes between two canonical values of a declared object, in declared order. */
export const changesOf = (
  before: CanonicalObject,
  after: CanonicalObject,
  type: FieldType,
  mode: Mode,
  path = "",
): FieldChange[] =>
  fieldsOf(type).flatMap((field) =>
    changesOfField(
      field,
      before[field.name] ?? null,
      after[field.name] ?? null,
      mode,
      `${path}${field.name}`,
    ),
  );

function changesOfField(
  field: FieldDeclaration,
  before: Canonical,
  after: Canonical,
  mode: Mode,
  path: string,
): FieldChange[] {
  const { type, change } = field;
  if (change === undefined) return [];
  if (change.keyPrefixes !== undefined) return changesOfConfiguration(field, before, after, mode, path);
  if (isComparedByField(type) && isPlainObject(before) && isPlainObject(after)) {
    return changesOf(before as CanonicalObject, after as CanonicalObject, type, mode, `${path}.`);
  }
  if (change.whenCleared === "ignore" && after === null) return [];
  return differences(compared(before, type), compared(after, type), path).map((difference) => ({
    ...difference,
    effect: change[mode],
  }));
}

const isComparedByField = (type: FieldType): boolean =>
  fieldsOf(type).some(({ change }) => change !== undefined);

/** Flattened, so that nested and dotted keys are equal; as strings, because Flink gets strings. */
function changesOfConfiguration(
  { change }: FieldDeclaration,
  before: Canonical,
  after: Canonical,
  mode: Mode,
  path: string,
): FieldChange[] {
  const old = flattenConfiguration(before);
  const next = flattenConfiguration(after);
  return [...new Set([...old.keys(), ...next.keys()])].flatMap((key) => {
    if (isSameText(old.get(key), next.get(key))) return [];
    const rule = change?.keyPrefixes?.find(({ prefix }) => key.startsWith(prefix)) ?? change;
    return {
      path: `${path}.${key}`,
      effect: rule?.[mode] ?? "upgrade",
      before: old.get(key) ?? null,
      after: next.get(key) ?? null,
    };
  });
}

/**
 * A whole number beyond 2^53 may be rounded on one side, by JavaScript, and have all its digits on the other, as
 * stored by the Java operator. That is no change, so a take-over causes no restart.
 */
const isSameText = (a: string | undefined, b: string | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    [a, b].every((text) => /^-?\d{16,}$/.test(text)) &&
    Number(a) === Number(b) &&
    [a, b].includes(String(Number(a))));

/**
 * The relevant part of a value: of a pod template, anywhere, its metadata and spec; of an SQL script all but comments and
 * white space.
 */
function compared(value: Canonical, type: FieldType): Canonical {
  if (type.kind === "string" && type.language === "sql" && typeof value === "string")
    return withoutComments(value);
  if (!isPlainObject(value)) return value;
  const fields = value as CanonicalObject;
  if (type.kind === "freeForm" && type.name === "PodTemplateSpec") return effectivePodTemplate(fields);
  if (type.kind !== "object" || type.model !== "own") return value;
  return Object.fromEntries(
    type.fields.map(({ name, type: of, added }) => {
      const field = compared(fields[name] ?? null, of);
      return [name, added === true && isEmpty(field) ? null : field];
    }),
  );
}

/** An empty list or map says what its absence says. The Java operator, which knows no added field, need not agree. */
const isEmpty = (value: Canonical): boolean =>
  Array.isArray(value)
    ? value.length === 0
    : isPlainObject(value) && Object.keys(value as CanonicalObject).length === 0;

/** The leaves that differ. An object or list that exists on one side only is one leaf. */
function differences(before: Canonical, after: Canonical, path: string): Omit<FieldChange, "effect">[] {
  if (isSame(before, after)) return [];
  const [old, next] = [childrenOf(before), childrenOf(after)];
  if (old === undefined || next === undefined) return [{ path, before, after }];
  return [...new Set([...old.keys(), ...next.keys()])].flatMap((name) =>
    differences(old.get(name) ?? null, next.get(name) ?? null, `${path}.${name}`),
  );
}

/** The fields of an object; the elements of a list of objects. Other lists are leaves. */
function childrenOf(value: Canonical): Map<string, Canonical> | undefined {
  if (Array.isArray(value)) {
    return value.length > 0 && value.every((item) => isPlainObject(item))
      ? new Map(value.map((item, index) => [String(index), item as Canonical]))
      : undefined;
  }
  return isPlainObject(value) ? new Map(Object.entries(value as CanonicalObject)) : undefined;
}
