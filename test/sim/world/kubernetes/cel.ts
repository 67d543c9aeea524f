/**
 * The part of the Common Expression Language that the rules of our CRDs and health checks use. Everything else is an error:
 * a rule that is not understood must not count as one that holds.
 */

export type CelVariables = Readonly<Record<string, unknown>>;

/** Evaluates a rule. Throws where the API server reports that the rule cannot be evaluated. */
export type CelProgram = (variables: CelVariables) => unknown;

const programs = new Map<string, CelProgram>();

export const compileCel = (source: string): CelProgram => {
  const known = programs.get(source);
  if (known !== undefined) return known;
  const parser = new Parser(source);
  const program = parser.parse();
  programs.set(source, program);
  return program;
};

const tokenPattern = /\s*(?:('(?:[^'\\]|\\.)*')|(\d+)|([A-Za-z_]\w*)|(&&|\|\||==|!=|>=|<=|[!<>?:()[\],.]))/y;

/** From the lowest to the highest precedence; the operators of each level are left-associative. */
const binaryOperators: readonly Readonly<Record<string, (a: CelProgram, b: CelProgram) => CelProgram>>[] = [
  { "||": (a, b) => (variables) => truth(a(variables)) || truth(b(variables)) },
  { "&&": (a, b) => (variables) => truth(a(variables)) && truth(b(variables)) },
  {
    "==": (a, b) => (variables) => a(variables) === b(variables),
    "!=": (a, b) => (variables) => a(variables) !== b(variables),
    ">=": (a, b) => (variables) => Number(a(variables)) >= Number(b(variables)),
    "<=": (a, b) => (variables) => Number(a(variables)) <= Number(b(variables)),
    ">": (a, b) => (variables) => Number(a(variables)) > Number(b(variables)),
    "<": (a, b) => (variables) => Number(a(variables)) < Number(b(variables)),
    in: (a, b) => (variables) => elementsOf(b(variables)).includes(a(variables)),
  },
];

const methods: Readonly<Record<string, (text: string, argument: string) => boolean>> = {
  contains: (text, part) => text.includes(part),
  startsWith: (text, beginning) => text.startsWith(beginning),
  endsWith: (text, end) => text.endsWith(end),
  matches: (text, pattern) => new RegExp(pattern, "u").test(text),
};

class Parser {
  readonly #source: string;
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    tokenPattern.lastIndex = 0;
    while (source.slice(tokenPattern.lastIndex).trim() !== "") {
      const found = tokenPattern.exec(source);
      if (found === null) throw new Error(`not understood in the rule: ${source}`);
      this.#tokens.push(found[0].trim());
    }
  }

  parse(): CelProgram {
    const program = this.#conditional();
    if (this.#at < this.#tokens.length) throw this.#unexpected();
    return program;
  }

  #conditional(): CelProgram {
    const condition = this.#binary(0);
    if (!this.#takes("?")) return condition;
    const yes = this.#conditional();
    this.#expect(":");
    const no = this.#conditional();
    return (variables) => (truth(condition(variables)) ? yes(variables) : no(variables));
  }

  #binary(level: number): CelProgram {
    const operators = binaryOperators[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const combine = operators[this.#next ?? ""];
      if (combine === undefined) return left;
      this.#at++;
      left = combine(left, this.#binary(level + 1));
    }
  }

  #unary(): CelProgram {
    if (!this.#takes("!")) return this.#member(this.#primary());
    const operand = this.#unary();
    return (variables) => !truth(operand(variables));
  }

  #primary(): CelProgram {
    const token = this.#take();
    if (token === "(") {
      const inner = this.#conditional();
      this.#expect(")");
      return inner;
    }
    if (token === "[") return this.#list();
    if (token.startsWith("'")) {
      const text = token.slice(1, -1).replaceAll(/\\(.)/g, "$1");
      return () => text;
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (token === "true" || token === "false") return () => token === "true";
    if (token === "has") return this.#has();
    if (!/^[A-Za-z_]/.test(token)) throw this.#unexpected(-1);
    return (variables) => select(variables, token);
  }

  #list(): CelProgram {
    const items: CelProgram[] = [];
    while (!this.#takes("]")) {
      if (items.length > 0) this.#expect(",");
      items.push(this.#conditional());
    }
    return (variables) => items.map((item) => item(variables));
  }

  /** has(path.to.field): the last field may be missing. */
  #has(): CelProgram {
    this.#expect("(");
    const path = [this.#take()];
    while (this.#takes(".")) path.push(this.#take());
    this.#expect(")");
    const field = path.pop() ?? "";
    return (variables) => Object.hasOwn(fieldsOf(path.reduce<unknown>(select, variables)), field);
  }

  #member(start: CelProgram): CelProgram {
    let value = start;
    while (this.#takes(".")) {
      const name = this.#take();
      value = this.#takes("(") ? this.#call(value, name) : selectField(value, name);
    }
    return value;
  }

  #call(target: CelProgram, name: string): CelProgram {
    if (name === "all" || name === "exists") return this.#quantified(target, name);
    const method = methods[name];
    if (method === undefined) throw this.#unexpected(-2);
    const argument = this.#conditional();
    this.#expect(")");
    return (variables) => method(String(target(variables)), String(argument(variables)));
  }

  /** Over the elements of a list or the keys of a map. */
  #quantified(target: CelProgram, quantifier: "all" | "exists"): CelProgram {
    const name = this.#take();
    this.#expect(",");
    const holds = this.#conditional();
    this.#expect(")");
    const among = quantifier === "all" ? "every" : "some";
    return (variables) =>
      elementsOf(target(variables))[among]((element) => truth(holds({ ...variables, [name]: element })));
  }

  get #next(): string | undefined {
    return this.#tokens[this.#at];
  }

  #take(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw this.#unexpected();
    return token;
  }

  #takes(token: string): boolean {
    if (this.#next !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#takes(token)) throw this.#unexpected();
  }

  #unexpected(back = 0): Error {
    const token = this.#tokens[this.#at + back] ?? "the end";
    return new Error(`"${token}" is not understood in the rule: ${this.#source}`);
  }
}

const selectField =
  (value: CelProgram, name: string): CelProgram =>
  (variables) =>
    select(value(variables), name);

const select = (value: unknown, name: string): unknown => {
  const fields = fieldsOf(value);
  if (!Object.hasOwn(fields, name)) throw new Error(`no such key: ${name}`);
  return fields[name];
};

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null) throw new Error("no such overload");
  return value as Readonly<Record<string, unknown>>;
};

const elementsOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : Object.keys(fieldsOf(value));

const truth = (value: unknown): boolean => {
  if (typeof value !== "boolean") throw new Error("no such overload");
  return value;
};
