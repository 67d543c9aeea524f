import { printable, shown } from "../../views/format.ts";

/** Exit statuses of all commands. docs/cli.md lists them. */
export const exitStatuses = {
  ok: {
    code: 0,
    meaning:
      "it was done, with `--wait` to its end, or is so already (`changed: false` of `-o json`); of `plan` and `migrate`: nothing " +
      "that runs is stopped",
  },
  failed: {
    code: 1,
    meaning:
      "it could not be done, or with `--wait` did not come to its end; one line on standard error says why",
  },
  disruptive: {
    code: 2,
    meaning:
      "of `plan` and `migrate`: something that runs would be stopped or restarted, now or after a wait; of `apply` and " +
      "`rollback`: so nothing was done, since nobody could be asked and --yes was not given",
  },
  refused: {
    code: 3,
    meaning:
      "of `plan`, `apply`, `rollback` and `migrate`: the operator, or the API server, refuses the resource",
  },
  differs: { code: 4, meaning: "of `replay`: this version decides otherwise than what is recorded" },
} as const;

/** What the user is told, in one line, and how to go on. */
export class CommandError extends Error {
  readonly code: number;

  constructor(message: string, code: number = exitStatuses.failed.code) {
    super(message);
    this.name = "CommandError";
    this.code = code;
  }
}

/** An error as it leaves: in one line. */
export const errorText = (error: unknown): string =>
  printable(shown(error instanceof Error ? error.message : String(error)));
