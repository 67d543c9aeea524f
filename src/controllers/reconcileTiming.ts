/** The two parts of a reconcile: the decision, which waits for nothing, and the actions. */
export type ReconcilePart = "decide" | "act";

/** Called after each part of a reconcile of the kind, with its duration in milliseconds. */
export type OnReconcilePart = (part: ReconcilePart, kind: string, durationMs: number) => void;

/** Measures with performance.now: a decision takes less than a millisecond, which the operator's clock cannot resolve. */
export function timedParts(kind: string, onReconcilePart: OnReconcilePart | undefined) {
  const since = (part: ReconcilePart, began: number) =>
    onReconcilePart?.(part, kind, performance.now() - began);
  return {
    decide<T>(run: () => T): T {
      const began = performance.now();
      const decided = run();
      since("decide", began);
      return decided;
    },
    /** Does not measure a reconcile without actions. */
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
