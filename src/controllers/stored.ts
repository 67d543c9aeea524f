/** What the API server has, or is about to have, of an object. */
import type { KubeObject } from "../api/kubernetes.ts";

/** Without the fields that are undefined: as the API server will have it. */
export const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** The API server has, or will have, the same of both: what `plain` makes equal, without making it. */
export function isSameStored(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isComposite(one) || !isComposite(other) || Array.isArray(one) !== Array.isArray(other)) return false;
  // In a list, what is undefined keeps its place.
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

/** With its last finalizer gone, a deleted resource is gone too. */
export const isDeleting = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
