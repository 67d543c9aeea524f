/** What a pass is made of: first it decides, without waiting for anything, and then it acts. */
export type ReconcilePart = "decide" | "act";

/** Called after each part of a pass over a resource of the kind, with how long it took in milliseconds. */
export type OnReconcilePart = (part: ReconcilePart, kind: string, durationMs: number) => void;

/** A decision by the store's facts takes less than a millisecond: the clock of the operator is too coarse for it. */
export function timedParts(kind: string, onPassPart: OnReconcilePart | undefined) {
  const since = (part: ReconcilePart, began: number) => onPassPart?.(part, kind, performance.now() - began);
  return {
    decide<T>(run: () => T): T {
      const began = performance.now();
      const decided = run();
      since("decide", began);
      return decided;
    },
    /** Of a pass without any act there is nothing to time. */
    async act<T>(actions: readonly unknown[], run: () => Promise<T>): Promise<T> {
      if (actions.length === 0) return run();
      const began = performance.now();
      try {
        return await run();
      } finally {
        since("act", began);
      }
    },
  };
}
