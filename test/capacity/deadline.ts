import { setTimeout as pause } from "node:timers/promises";

/** How often a condition is looked at, in milliseconds: the precision of what is measured by it. */
const lookEveryMs = 20;

/** Milliseconds for a step that involves so many resources: far more than the Java operator takes. */
export const deadlineFor = (resources: number): number => 120_000 + resources * 600;

/** Resolves to the first value that is not undefined or false. Rejects after the deadline, or as soon as the signal is aborted. */
export async function until<Value>(
  what: string,
  look: () => Promise<Value | undefined | false> | Value | undefined | false,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Value> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    signal.throwIfAborted();
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs / 1000} s: ${what}`);
    await pause(lookEveryMs);
  }
}
