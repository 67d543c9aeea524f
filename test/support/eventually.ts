import { setTimeout as wait } from "node:timers/promises";

/** Polls until the condition holds. On timeout, throws an error with the condition and the last error. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean> | boolean,
  deadlineMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  let last: unknown;
  do {
    try {
      if (await holds()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await wait(20);
  } while (performance.now() < deadline);
  throw new Error(
    `timed out after ${deadlineMs} ms: ${what}`,
    last === undefined ? undefined : { cause: last },
  );
}
