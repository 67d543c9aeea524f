import { execFileSync } from "node:child_process";

/**
 * What does not run on every commit takes turns. Turns follow the number of commits, so that N commits in a row have N
 * different turns of N. TEST_TURN=n repeats those of another run, which prints its own.
 */
export function currentTurn(): number {
  const asked = process.env.TEST_TURN;
  if (asked === undefined) return turnOfCommit();
  if (!/^\d+$/.test(asked)) throw new Error(`TEST_TURN is "${asked}"; right is a number from 0 up`);
  return Number(asked);
}

/** TEST_ALL=true: everything runs, whoever's turn it is. */
export const everything: boolean = process.env.TEST_ALL === "true";

/** Without Git 0. A shallow clone has no number of commits: there the commit itself decides. */
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

/** Whether it is the turn of the `index`th part of so many. */
export const isTurn = (index: number, parts: number, turn: number = currentTurn()): boolean =>
  (turn + index) % parts === 0;
