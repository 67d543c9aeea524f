import type { VNode } from "preact";
import { useRef } from "preact/hooks";

interface Kept {
  readonly parts: readonly unknown[];
  readonly node: VNode;
}

/**
 * Makes elements by key, and gives the same one again while its parts are the same: preact does not compare such an element, so that a
 * scrolled table costs its new rows only. Call the second result with the keys in use to forget the others.
 */
export function useKept() {
  const kept = useRef(new Map<string, Kept>());
  const make = (key: string, parts: readonly unknown[], create: () => VNode): VNode => {
    const before = kept.current.get(key);
    if (before?.parts.every((part, at) => Object.is(part, parts[at]))) return before.node;
    const node = create();
    kept.current.set(key, { parts, node });
    return node;
  };
  const forgetOthers = (keys: readonly string[]): void => {
    if (kept.current.size <= 4 * keys.length) return;
    const inUse = new Set(keys);
    for (const key of kept.current.keys()) if (!inUse.has(key)) kept.current.delete(key);
  };
  return { make, forgetOthers };
}
