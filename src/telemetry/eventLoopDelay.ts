/** How often the delay is sampled, in milliseconds. */
const PERIOD_MS = 100;

/**
 * Samples how late timers are, ten times a second: what runs too long in one piece delays everything else by that much, an edit
 * that a user waits for too. Returns a function that ends it.
 */
export function sampleEventLoopDelay(
  onDelay: (ms: number) => void,
  now: () => number = () => performance.now(),
): () => void {
  let due = now() + PERIOD_MS;
  const timer = setInterval(() => {
    const at = now();
    onDelay(Math.max(0, at - due));
    due = at + PERIOD_MS;
  }, PERIOD_MS);
  timer.unref();
  return () => clearInterval(timer);
}
