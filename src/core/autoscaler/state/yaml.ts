import { FAILSAFE_SCHEMA, load } from "js-yaml";
import { formatJavaDouble } from "../../../config/values/javaDouble.ts";
import { parseQuantity } from "../../../config/values/quantity.ts";
import { ValueError } from "../../../config/values/valueError.ts";

/**
 * The YAML of the stored state, as Jackson writes and reads it: doubles as in Java, NaN and infinity as bare words, instants
 * as keys in ISO 8601, and as values in seconds with nine decimals. A general writer has none of these.
 */
export type Node = Scalar | readonly Node[] | ReadonlyMap<string, Node>;
/** A scalar as it is written. */
export interface Scalar {
  readonly text: string;
}

export const number = (value: number): Scalar => ({ text: formatJavaDouble(value) });
export const integer = (value: number): Scalar => ({ text: String(value) });
export const boolean = (value: boolean): Scalar => ({ text: String(value) });
export const string = (value: string): Scalar => ({ text: JSON.stringify(value) });
/** Milliseconds, as seconds. */
export function seconds(ms: number): Scalar {
  const magnitude = Math.abs(ms);
  const whole = Math.trunc(magnitude / 1_000);
  const nanos = Math.trunc(magnitude % 1_000) * 1_000_000;
  return { text: `${ms < 0 ? "-" : ""}${whole}.${String(nanos).padStart(9, "0")}` };
}

/** Java's Instant.toString(), which has no fraction of a whole second. */
export const instantKey = (ms: number): string => new Date(ms).toISOString().replace(".000Z", "Z");

export const formatYaml = (root: ReadonlyMap<string, Node>): string =>
  root.size === 0 ? "--- {}\n" : `---\n${linesOf(root, "").join("\n")}\n`;

/** The same as JSON, where Jackson puts NaN and infinity into quotes. */
export function formatJson(node: Node): string {
  if (isScalar(node)) return /^(NaN|-?Infinity)$/.test(node.text) ? JSON.stringify(node.text) : node.text;
  if (node instanceof Map)
    return `{${[...node].map(([key, value]) => `${JSON.stringify(key)}:${formatJson(value)}`).join(",")}}`;
  return `[${(node as readonly Node[]).map(formatJson).join(",")}]`;
}

function linesOf(node: ReadonlyMap<string, Node> | readonly Node[], indent: string): string[] {
  const entries = node instanceof Map ? [...node] : undefined;
  if (entries !== undefined) {
    return entries.flatMap(([key, value]) => {
      const name = `${indent}${isPlainKey(key) ? key : JSON.stringify(key)}:`;
      if (isScalar(value)) return [`${name} ${value.text}`];
      // A list has the indentation of its key.
      const nested = linesOf(value as readonly Node[], Array.isArray(value) ? indent : `${indent}  `);
      return nested.length === 0 ? [`${name} ${Array.isArray(value) ? "[]" : "{}"}`] : [name, ...nested];
    });
  }
  return (node as readonly Node[]).flatMap((item) => {
    if (isScalar(item)) return [`${indent}- ${item.text}`];
    const [first = "", ...rest] = linesOf(item as readonly Node[], `${indent}  `);
    return [`${indent}- ${first.trimStart()}`, ...rest];
  });
}

const isScalar = (node: Node): node is Scalar => "text" in node;
const isPlainKey = (key: string): boolean => /^[A-Za-z][\w.-]*$/.test(key);

/** A value that was read. Scalars are texts. */
export type Read = string | readonly Read[] | { readonly [key: string]: Read };

/** Throws ValueError or YAMLException. */
export const parseYaml = (text: string): Read => load(text, { schema: FAILSAFE_SCHEMA }) as Read;

/** The entries of a mapping, all with keys that are known if `known` is given. Throws ValueError. */
export function entriesOf(value: Read | undefined, known?: readonly string[]): [key: string, value: Read][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ValueError("a mapping is expected");
  }
  const entries = Object.entries(value as { readonly [key: string]: Read });
  const unknown = entries.find(([key]) => known !== undefined && !known.includes(key));
  if (unknown !== undefined) throw new ValueError(`${unknown[0]} is not known`);
  return entries;
}

/** A field of a mapping. */
export const fieldOf = (value: Read | undefined, name: string): Read | undefined =>
  (value as { readonly [key: string]: Read } | undefined)?.[name];

export function itemsOf(value: Read | undefined): readonly Read[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new ValueError("a list is expected");
  return value;
}

export function textOf(value: Read | undefined): string {
  if (typeof value !== "string") throw new ValueError("a text is expected");
  return value;
}

const doubleText = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Throws ValueError, also for YAML's own .nan and .inf, which the Java operator does not read either. */
export function numberOf(value: Read | undefined): number {
  const text = textOf(value);
  if (text !== "NaN" && !/^[+-]?Infinity$/.test(text) && !doubleText.test(text)) {
    throw new ValueError(`"${text}" is not a number`);
  }
  return Number(text);
}

export function integerOf(value: Read | undefined): number {
  const number = numberOf(value);
  if (!Number.isInteger(number)) throw new ValueError(`"${number}" is not a whole number`);
  return number;
}

export function booleanOf(value: Read | undefined): boolean {
  const text = textOf(value);
  if (text !== "true" && text !== "false") throw new ValueError(`"${text}" is neither true nor false`);
  return text === "true";
}

/** Seconds as milliseconds; what is below a millisecond is lost. Exact, because a double of today has no nanoseconds. */
export function millisecondsOf(value: Read | undefined): number {
  if (!Number.isFinite(numberOf(value))) throw new ValueError(`"${textOf(value)}" is not a time`);
  const { digits, scale } = parseQuantity(textOf(value));
  return Number((digits * 1_000n) / 10n ** BigInt(scale));
}

/** Throws ValueError. What is below a millisecond is lost. */
export function instantOf(key: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(key) ? Date.parse(key) : Number.NaN;
  if (Number.isNaN(ms)) throw new ValueError(`"${key}" is not an instant`);
  return ms;
}
