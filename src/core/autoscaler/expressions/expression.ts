import { type ASTNode, Environment, EvaluationError, ParseError } from "@marcbachmann/cel-js";
import { redactSecrets } from "../../../api/redact.ts";
import { childrenOf, refusedCall } from "../../expressions/allowed.ts";

/**
 * CEL expressions in the options of the autoscaler: the extension points of the Java operator's plugins, without a JVM. What one
 * may cost is bounded by its size, by the calls that it may make, by comprehensions that are not nested, and by the number of
 * vertices that it sees.
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

const comprehensions: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "map", "filter"]);
/** Each takes time in proportion to its arguments at most. */
const allowed = {
  functions: new Set(["has", "int", "double", "dyn", "size"]),
  methods: new Set([...comprehensions, "size", "startsWith", "endsWith", "contains"]),
};

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
  const refused = refusedCall(parsed.ast, allowed);
  if (refused !== undefined)
    throw new ExpressionError(
      `must not call ${refused.name}, but ${[...new Set([...allowed.functions, ...allowed.methods])].join(", ")}`,
    );
  boundCost(parsed.ast, variables, 0);
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

function boundCost(node: ASTNode, variables: Variables, depth: number): void {
  const isComprehension = node.op === "rcall" && comprehensions.has(node.args[0]);
  const inner = isComprehension ? depth + 1 : depth;
  if (inner > 1)
    throw new ExpressionError(`must not nest ${[...comprehensions].join(", ")}, whose time is not bounded`);
  if (node.op === "+" && node.args.some((operand) => isTextOrList(operand, variables)))
    throw new ExpressionError("must add numbers only, not texts or lists");
  for (const child of childrenOf(node)) boundCost(child, variables, inner);
}

/** What is known before it is evaluated. */
function isTextOrList(node: ASTNode, variables: Variables): boolean {
  if (node.op === "list") return true;
  if (node.op === "value") return typeof node.args === "string" || node.args instanceof Uint8Array;
  if (node.op === "id") return ["string", "list"].includes(variables[node.args] ?? "");
  if (node.op === "rcall") return node.args[0] === "map" || node.args[0] === "filter";
  return node.op === "?:" && node.args.slice(1).some((branch) => isTextOrList(branch, variables));
}

/** A number of CEL: `int` is a bigint, and `uint` an object of the library around one. Undefined: it is none. */
export function numberIn(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const whole = value?.valueOf();
  return typeof whole === "bigint" ? Number(whole) : undefined;
}

export const wholeNumberIn = (value: unknown): number | undefined => {
  const number = numberIn(value);
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined;
};

/** A map, and no object that the library has for another type. */
export const isPlainMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** For messages. */
export function typeNameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (isPlainMap(value)) return "a map";
  if (numberIn(value) !== undefined) return "a number";
  return typeof value === "string" ? "a text" : typeof value === "boolean" ? "true or false" : "another type";
}

/** A number, or else what it is. */
export const textOf = (value: unknown): string => `${numberIn(value) ?? typeNameOf(value)}`;
