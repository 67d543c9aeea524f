/** Comparison of objects as the API server stores them. */
import type { KubeObject } from "../api/kubernetes.ts";

/** The value without its undefined fields, as the API server stores it. */
export const withoutUndefined = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Whether the API server stores both values identically: equality after `withoutUndefined`, without the copies. */
export function isSameStored(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isComposite(one) || !isComposite(other) || Array.isArray(one) !== Array.isArray(other)) return false;
  // In an array, JSON turns undefined into null.
  if (Array.isArray(one) && Array.isArray(other))
    return (
      one.length === other.length && one.every((item, at) => isSameStored(item ?? null, other[at] ?? null))
    );
  const fields = fieldsOf(one);
  return (
    fields.length === fieldsOf(other).length &&
    fields.every((name) => Object.hasOwn(other, name) && isSameStored(one[name], other[name]))
  );
}

type Composite = Readonly<Record<string, unknown>>;

const isComposite = (value: unknown): value is Composite => typeof value === "object" && value !== null;

const fieldsOf = (value: Composite): string[] =>
  Object.keys(value).filter((name) => value[name] !== undefined);

/** Whether the API server removes the object now: it is being deleted and has no finalizer left. */
export const isFinalized = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
