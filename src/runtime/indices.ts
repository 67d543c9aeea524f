import type { KubeObject } from "../api/kubernetes.ts";

/** For each index, a function that returns the index values of an object. */
export type IndexFunctions<T, Index extends string> = Record<Index, (object: T) => readonly string[]>;

export interface Indices<T, Index extends string> {
  replace(key: string, old: T | undefined, current: T | undefined): void;
  keys(index: Index, value: string): Iterable<string>;
  /** The values of all indices. */
  readonly size: number;
}

export function createIndices<T, Index extends string>(
  functions: Partial<IndexFunctions<T, Index>>,
): Indices<T, Index> {
  const indices = Object.entries<((object: T) => readonly string[]) | undefined>(functions).flatMap(
    ([name, valuesOf]) => (valuesOf ? [{ name, valuesOf, keys: new Map<string, Set<string>>() }] : []),
  );

  return {
    replace(key, old, current) {
      for (const { valuesOf, keys } of indices) {
        if (old !== undefined) {
          for (const value of valuesOf(old)) {
            const found = keys.get(value);
            found?.delete(key);
            if (found?.size === 0) keys.delete(value);
          }
        }
        if (current !== undefined) {
          for (const value of valuesOf(current)) {
            const found = keys.get(value);
            if (found === undefined) keys.set(value, new Set([key]));
            else found.add(key);
          }
        }
      }
    },
    keys: (index, value) => indices.find((each) => each.name === index)?.keys.get(value) ?? [],
    get size() {
      return indices.reduce((sum, { keys }) => sum + keys.size, 0);
    },
  };
}

/** Indexes objects by the uids of their owners. */
export const byOwnerUid = (object: KubeObject): string[] =>
  (object.metadata.ownerReferences ?? []).map((owner) => owner.uid);

/** Indexes objects by namespace and the value of a label: `namespace/value`. */
export const byLabel =
  (label: string) =>
  (object: KubeObject): string[] => {
    const value = object.metadata.labels?.[label];
    return value === undefined ? [] : [`${object.metadata.namespace ?? ""}/${value}`];
  };
