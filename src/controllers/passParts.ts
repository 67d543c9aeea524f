/** What a pass is made of: first it decides, without waiting for anything, and then it acts. */
export type PassPart = "decide" | "act";

/** Called after each part of a pass over a resource of the kind, with how long it took in milliseconds. */
export type OnPassPart = (part: PassPart, kind: string, durationMs: number) => void;

/** A decision by the store's facts takes less than a millisecond: the clock of the operator is too coarse for it. */
export function timed<T>(part: PassPart, kind: string, onPassPart: OnPassPart | undefined, run: () => T): T {
  const began = performance.now();
  const done = () => onPassPart?.(part, kind, performance.now() - began);
  const result = run();
  if (result instanceof Promise) return result.finally(done) as T;
  done();
  return result;
}
