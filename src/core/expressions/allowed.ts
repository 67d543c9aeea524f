import type { ASTNode } from "@marcbachmann/cel-js";

/**
 * The calls that expressions of users may make. All others are refused, also those that a later version of the library adds:
 * regular expressions take exponential time, and `cel.bind` makes a short text as large as it likes.
 */
export interface AllowedCalls {
  /** By the name before the parentheses. */
  readonly functions: ReadonlySet<string>;
  /** By the name after the point. */
  readonly methods: ReadonlySet<string>;
}

export interface RefusedCall {
  readonly name: string;
  /** Where it is in the text, from 0. */
  readonly pos: number;
}

/** The first call that is not allowed. To be asked before the expression is checked or evaluated. */
export function refusedCall(node: ASTNode, allowed: AllowedCalls): RefusedCall | undefined {
  const { op, args, pos } = node;
  if (op === "call" && !allowed.functions.has(args[0])) return { name: args[0], pos };
  if (op === "rcall" && !allowed.methods.has(args[0])) return { name: args[0], pos };
  return childrenOf(node)
    .map((child) => refusedCall(child, allowed))
    .find((found) => found !== undefined);
}

/** The nodes directly below one. */
export const childrenOf = ({ args }: ASTNode): readonly ASTNode[] => nodesIn(args);

const nodesIn = (args: unknown): readonly ASTNode[] =>
  Array.isArray(args) ? args.flatMap(nodesIn) : isNode(args) ? [args] : [];

const isNode = (value: unknown): value is ASTNode =>
  typeof value === "object" && value !== null && "op" in value;
