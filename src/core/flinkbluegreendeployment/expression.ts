import { Environment, type ParseResult } from "@marcbachmann/cel-js";
import { refusedCall } from "../expressions/allowed.ts";

/** What an expression knows of one side. An absent number is not known. */
export interface SideFacts {
  readonly pendingRecords: number | undefined;
  readonly recordsPerSecond: number | undefined;
  readonly failures: number | undefined;
  readonly completedCheckpoints: number | undefined;
  readonly jobState: string | undefined;
}

/** The variables of an expression: the new side and the old one. */
export interface Sides {
  readonly new: SideFacts;
  readonly old: SideFacts;
}

type FactType = "int" | "double" | "string";

/** The facts of a side, in CEL's types. */
const sideFields: Readonly<Record<keyof SideFacts, FactType>> = {
  pendingRecords: "int",
  recordsPerSecond: "double",
  failures: "int",
  completedCheckpoints: "int",
  jobState: "string",
};

const maxLength = 1_000;

/** Everything else costs time that depends on its arguments, such as a regular expression or a nested loop. */
const allowed = { functions: new Set(["has", "int", "double"]), methods: new Set<string>() };

const environment = new Environment({
  limits: { maxAstNodes: 200, maxDepth: 30, maxListElements: 20, maxMapEntries: 0, maxCallArguments: 2 },
})
  .registerVariable({ name: "new", schema: sideFields })
  .registerVariable({ name: "old", schema: sideFields })
  // A factor may be written without a conversion: 1.5 * old.pendingRecords.
  .registerOperator("int * double", (a: bigint, b: number) => Number(a) * b)
  .registerOperator("double * int", (a: number, b: bigint) => a * Number(b));

/** `error`: what is wrong with the text, and where. */
export type Compiled = { readonly expression: ParseResult } | { readonly error: string };

/** Compiled once. What is not used for long goes first. */
const compiled = new Map<string, Compiled>();
const maxCompiled = 200;

/** The same text gives the same result. */
export function compileExpression(text: string): Compiled {
  const known = compiled.get(text);
  if (known !== undefined) compiled.delete(text);
  const result = known ?? compile(text);
  compiled.set(text, result);
  const [oldest = ""] = compiled.keys();
  if (compiled.size > maxCompiled) compiled.delete(oldest);
  return result;
}

function compile(text: string): Compiled {
  if (text.length > maxLength)
    return { error: `it has ${text.length} characters, and may have ${maxLength}` };
  const { valid, type, error } = environment.check(text);
  if (!valid) return { error: at(error?.range?.start, error?.summary ?? "it cannot be read") };
  if (type !== "bool") return { error: `it gives a value of the type ${type}, and must give a bool` };
  const expression = environment.parse(text);
  const refused = refusedCall(expression.ast, allowed);
  return refused === undefined
    ? { expression }
    : {
        error: at(
          refused.pos,
          `${refused.name} cannot be used here, but ${[...allowed.functions].join(", ")}`,
        ),
      };
}

/** Positions begin with 1. */
const at = (position: number | undefined, message: string): string =>
  position === undefined ? message : `at character ${position + 1}: ${message}`;

/** `missing`: why it has no value, as a fact that it reads is not known. */
export type Evaluated = { readonly holds: boolean } | { readonly missing: string };

/** Never throws. */
export function evaluateExpression(text: string, sides: Sides): Evaluated {
  const result = compileExpression(text);
  if ("error" in result) return { missing: result.error };
  try {
    return { holds: result.expression({ new: celOf(sides.new), old: celOf(sides.old) }) === true };
  } catch (error) {
    const { summary } = error as { readonly summary?: string };
    return { missing: summary ?? (error as Error).message };
  }
}

const celOf = (side: SideFacts): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    (Object.keys(sideFields) as (keyof SideFacts)[]).flatMap((name) => {
      const value = side[name];
      if (value === undefined) return [];
      return [[name, sideFields[name] === "int" ? BigInt(Math.round(Number(value))) : value]];
    }),
  );
