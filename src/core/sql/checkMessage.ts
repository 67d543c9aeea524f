/** The termination message of a check (runners/sql: SqlProblem, ComparisonJson). */
import { type ComparedOperator, compareOperators, stateLosses } from "./comparePlans.ts";

export interface CheckResult {
  /** What is wrong with the script, in a sentence that begins with `sql: `. */
  readonly problem?: string | undefined;
  /** One line for each operator of the running job whose state the new script does not go on from. */
  readonly stateLosses?: readonly string[] | undefined;
  /** Why this is not known. */
  readonly uncompared?: string | undefined;
}

/** The message of a script that is right, and keeps all state. */
export const SCRIPT_IS_RIGHT = JSON.stringify({ checked: {} });

interface Message {
  readonly sql?: { readonly message: string };
  readonly checked?: {
    /** Operators with state that the script does not go on from, and those of the script with the same id or description. */
    readonly running?: readonly ComparedOperator[];
    readonly next?: readonly ComparedOperator[];
    /** How many of the former the message has no room for. */
    readonly left?: number;
    readonly unknown?: string;
  };
}

/** Undefined if the message is not that of a check: the runner did not come to its end. */
export function readCheckMessage(text: string): CheckResult | undefined {
  const { sql, checked } = parsed(text);
  if (sql !== undefined) return { problem: sql.message };
  if (checked === undefined) return undefined;
  const { running = [], next = [], left = 0, unknown } = checked;
  if (unknown !== undefined) return { uncompared: unknown };
  const losses = stateLosses(compareOperators(running, next));
  const more = left > 0 ? [`and ${left} more operators differ`] : [];
  return losses.length + more.length === 0 ? {} : { stateLosses: [...losses, ...more] };
}

function parsed(text: string): Message {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === "object" && message !== null ? message : {};
  } catch {
    return {};
  }
}
