import { execFileSync } from "node:child_process";

/**
 * Tests that do not run on every commit run in turns. The turn is the number of commits, so N consecutive commits have N
 * different turns of N. TEST_TURN=n repeats the turn of another run, which prints its own.
 */
export function currentTurn(): number {
  const requested = process.env.TEST_TURN;
  if (requested === undefined) return turnOfCommit();
  if (!/^\d+$/.test(requested))
    throw new Error(`TEST_TURN is "${requested}"; it must be a number, 0 or more`);
  return Number(requested);
}

/** TEST_ALL=true: everything runs, in every turn. */
export const everything: boolean = process.env.TEST_ALL === "true";

/** 0 without Git. In a shallow clone the number of commits is unknown: the turn is derived from the commit's hash. */
function turnOfCommit(): number {
  try {
    if (git("rev-parse", "--is-shallow-repository") === "false")
      return Number(git("rev-list", "--count", "HEAD"));
    return Number.parseInt(git("rev-parse", "HEAD").slice(0, 8), 16);
  } catch {
    return 0;
  }
}

const git = (...args: string[]): string =>
  execFileSync("git", args, {
    cwd: import.meta.dirname,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();

/** Whether the part with this index, of `parts` parts, runs in the turn. */
export const isTurn = (index: number, parts: number, turn: number = currentTurn()): boolean =>
  (turn + index) % parts === 0;
