import { type ASTNode, Environment, EvaluationError, ParseError } from "@marcbachmann/cel-js";
import { redactSecrets } from "../../../api/redact.ts";

/**
 * CEL expressions in the options of the autoscaler: the extension points of the Java operator's plugins, without a JVM. What one
 * may cost is bounded by its size, by comprehensions that are not nested, and by the number of vertices that it sees.
 */
export interface Expression {
  /** Throws ExpressionError. */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
}

/** Why an expression cannot be read, or gives no result, as a clause. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
}

/** By the name of each variable, its type in CEL. */
export type Variables = Readonly<Record<string, "int" | "double" | "string" | "bool" | "list" | "map">>;

const MAX_CHARACTERS = 4_096;
const limits = {
  maxAstNodes: 300,
  maxDepth: 30,
  maxListElements: 100,
  maxMapEntries: 100,
  maxCallArguments: 8,
};

/** Regular expressions may take exponential time. */
const refusedFunctions: ReadonlySet<string> = new Set(["matches"]);
const comprehensions: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** What was compiled, since the same few expressions are evaluated in each cycle. */
const compiled = new Map<string, Expression>();
const MAX_COMPILED = 1_000;

/** Throws ExpressionError for a text that is no expression over these variables, or may cost too much. */
export function compileExpression(text: string, variables: Variables): Expression {
  const key = `${Object.keys(variables).join()}\n${text}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  const expression = compile(text, variables);
  compiled.set(key, expression);
  return expression;
}

function compile(text: string, variables: Variables): Expression {
  if (text.length > MAX_CHARACTERS)
    throw new ExpressionError(`must have at most ${MAX_CHARACTERS} characters, not ${text.length}`);
  const environment = new Environment({ unlistedVariablesAreDyn: false, limits });
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
  const parsed = attempt(() => environment.parse(text));
  boundCost(parsed.ast, 0);
  const { valid, error } = parsed.check();
  if (!valid) throw new ExpressionError(`must be a CEL expression: ${summaryOf(error)}`);
  return { evaluate: (given) => attempt(() => parsed(given)) };
}

function attempt<Value>(run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    if (error instanceof ParseError)
      throw new ExpressionError(`must be a CEL expression: ${summaryOf(error)}`, { cause: error });
    if (error instanceof EvaluationError || error instanceof Error)
      throw new ExpressionError(summaryOf(error), { cause: error });
    throw error;
  }
}

/** Without the lines that show the place in the expression. */
const summaryOf = (error: unknown): string => {
  const { summary, message = String(error) } = error as { summary?: string; message?: string };
  return redactSecrets((summary ?? message).split("\n")[0] ?? "").slice(0, 300);
};

function boundCost(node: unknown, depth: number): void {
  if (Array.isArray(node)) {
    for (const each of node) boundCost(each, depth);
    return;
  }
  if (typeof node !== "object" || node === null || !("op" in node)) return;
  const { op, args } = node as ASTNode;
  const name = op === "call" || op === "rcall" ? args[0] : undefined;
  if (name !== undefined && refusedFunctions.has(name))
    throw new ExpressionError(`must not call ${name}, whose time is not bounded`);
  const inner = name !== undefined && comprehensions.has(name) ? depth + 1 : depth;
  if (inner > 1)
    throw new ExpressionError(`must not nest ${[...comprehensions].join(", ")}, whose time is not bounded`);
  boundCost(args, inner);
}

/** A whole number, which CEL has as a bigint. */
export const wholeNumberIn = (value: unknown): number | undefined => {
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
};
