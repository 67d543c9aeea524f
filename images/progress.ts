/** Progress on standard error, since standard output has the results: one line per step, with the time. */

const start = performance.now();

/** The interval of progress lines for a long step. */
const HEARTBEAT_MS = 10_000;

export function logProgress(message: string): void {
  const seconds = (performance.now() - start) / 1000;
  console.error(`[${seconds.toFixed(1).padStart(6)}s] ${message}`);
}

export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  logProgress(what);
  const began = performance.now();
  const heartbeat = setInterval(() => {
    logProgress(`${what}: still at it, ${Math.round((performance.now() - began) / 1000)} s so far`);
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
  }
}
