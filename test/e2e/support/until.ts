import { setTimeout as pause } from "node:timers/promises";

/** Long enough for a JVM that shares two cores with several others; longer on a machine that has more to do. */
export const DEADLINE_MS = Number(process.env.E2E_DEADLINE_SECONDS ?? 300) * 1_000;

/** Often enough for a person, and seldom enough that several scenarios leave the processor to what they wait for. */
const PAUSE_MS = 250;

/**
 * Asks again and again until there is an answer that is neither undefined nor false; an error counts as no answer
 * yet. Fails at the deadline with what was waited for and why it last did not hold.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = DEADLINE_MS,
  pauseMs = PAUSE_MS,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  let last: unknown;
  do {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await pause(pauseMs);
  } while (performance.now() < deadline);
  throw new Error(`waited ${deadlineMs / 1000} s in vain: ${what}`, { cause: last });
}
