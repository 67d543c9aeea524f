/** Progress on standard error, since standard output carries the results: one line a step, with the time. */

const start = performance.now();

/** A step that prints nothing of its own for this long gets a line that says it is alive. */
const HEARTBEAT_MS = 10_000;

export function say(message: string): void {
  const seconds = (performance.now() - start) / 1000;
  console.error(`[${seconds.toFixed(1).padStart(6)}s] ${message}`);
}

export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  say(what);
  const began = performance.now();
  const heartbeat = setInterval(() => {
    say(`${what}: still at it, ${Math.round((performance.now() - began) / 1000)} s so far`);
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
  }
}
