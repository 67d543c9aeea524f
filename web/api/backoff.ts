const FIRST_MS = 1000;
const LONGEST_MS = 30_000;

/**
 * The pause in milliseconds before the next attempt after so many failures in a row. `random` is from 0 to 1: half of the pause
 * is random, so that browsers do not come back at once after a restart of the server.
 */
export function backoffMs(failures: number, random: number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return longest / 2 + (longest / 2) * random;
}
