import { setTimeout as wait } from "node:timers/promises";

/** Polls until the condition holds; fails with what was waited for, and why it last did not hold. */
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
    `waited ${deadlineMs} ms in vain: ${what}`,
    last === undefined ? undefined : { cause: last },
  );
}
