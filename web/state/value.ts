import { useEffect, useState } from "preact/hooks";

/** A value that components read and are drawn again for. */
export interface Value<T> {
  get(): T;
  set(next: T): void;
  subscribe(listener: () => void): () => void;
}

export function createValue<T>(initial: T): Value<T> {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set(next) {
      if (Object.is(current, next)) return;
      current = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useValue<T>(value: Pick<Value<T>, "get" | "subscribe">): T {
  const [, draw] = useState(0);
  useEffect(() => {
    const seen = value.get();
    const again = () => draw((count) => count + 1);
    const stop = value.subscribe(again);
    // It may have changed between drawing and this effect.
    if (!Object.is(seen, value.get())) again();
    return stop;
  }, [value]);
  return value.get();
}
