import { load } from "js-yaml";
import { ValueError } from "./valueError.ts";

/**
 * Flink's lists and maps as texts. The legacy format is "a;b" and "k:v,k:v". Elements with a delimiter or a quote are quoted,
 * with doubled quotes inside. Flink 2, and 1.19 with config.yaml, also read the YAML flow format "[a, b]" and "{k: v}". This
 * module reads both and writes the legacy format, which all versions read (NATIVE 0).
 */

const listDelimiter = ";";
const entryDelimiter = ",";
const valueDelimiter = ":";

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Whether Java trims the text if it is not quoted. It also trims control characters. */
const isTrimmed = (text: string): boolean => /^[\s\0-\x20]|[\s\0-\x20]$/.test(text);

function quoteIfNeeded(text: string, delimiter: string): string {
  const needed = isTrimmed(text) || [delimiter, "'", '"'].some((special) => text.includes(special));
  return needed ? quote(text) : text;
}

/** Splits at delimiters outside of single or double quotes, and removes the quotes. */
export function splitQuoted(text: string, delimiter: string): string[] {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    while (text[at] === " ") at++;
    const quote = text[at];
    if (quote === "'" || quote === '"') {
      const end = endOfQuoted(text, at, quote);
      parts.push(text.slice(at + 1, end).replaceAll(quote + quote, quote));
      at = end + 1;
      while (text[at] === " ") at++;
      if (at < text.length && text[at] !== delimiter) {
        throw new ValueError(`"${text}" goes on after a closing quote where a "${delimiter}" must follow`);
      }
    } else {
      const next = text.indexOf(delimiter, at);
      const end = next < 0 ? text.length : next;
      parts.push(text.slice(at, end).trim());
      at = end;
    }
    if (at >= text.length) return parts;
    at++;
  }
}

function endOfQuoted(text: string, start: number, quote: string): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] !== quote) continue;
    if (text[at + 1] !== quote) return at;
    at++;
  }
  throw new ValueError(`"${text}" has an opening quote without a closing one`);
}

const scalarText = (value: unknown): string =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);

/** A text that only looks like YAML is read in the legacy format, as in Flink. */
function parseFlow(text: string, opening: "[" | "{"): unknown {
  if (!text.startsWith(opening)) return undefined;
  try {
    return load(text);
  } catch {
    return undefined;
  }
}

export function parseList(text: string): string[] {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  const flow = parseFlow(trimmed, "[");
  return Array.isArray(flow) ? flow.map(scalarText) : splitQuoted(trimmed, listDelimiter);
}

/** Flink sees an empty element between two delimiters, but not at an end. */
export const formatList = (elements: readonly string[]): string =>
  elements
    .map((element, at) =>
      element === "" && (at === 0 || at === elements.length - 1)
        ? quote(element)
        : quoteIfNeeded(element, listDelimiter),
    )
    .join(listDelimiter);

export function parseMap(text: string): Map<string, string> {
  const trimmed = text.trim();
  if (trimmed === "") return new Map();
  const flow = parseFlow(trimmed, "{");
  if (typeof flow === "object" && flow !== null) {
    return new Map(Object.entries(flow).map(([key, value]) => [key, scalarText(value)]));
  }
  return new Map(splitQuoted(trimmed, entryDelimiter).map((entry) => parseEntry(entry, text)));
}

function parseEntry(entry: string, text: string): [string, string] {
  const [key, value, ...rest] = splitQuoted(entry, valueDelimiter);
  if (key === undefined || value === undefined || rest.length > 0) {
    throw new ValueError(
      `"${text}" is not a map: "${entry}" must be one key, a colon and one value, quoted where they hold a colon`,
    );
  }
  return [key, value];
}

export function formatMap(entries: ReadonlyMap<string, string>): string {
  const format = ([key, value]: readonly [string, string]) =>
    quoteIfNeeded(`${formatPart(key)}${valueDelimiter}${formatPart(value)}`, entryDelimiter);
  return [...entries].map(format).join(entryDelimiter);
}

/** Flink reports an entry without anything after its colon as invalid. */
const formatPart = (text: string): string =>
  text === "" ? quote(text) : quoteIfNeeded(text, valueDelimiter);

/** A list of maps, as in tolerations: "k:v,k:v;k:v". */
export function parseMapList(text: string): Map<string, string>[] {
  const flow = parseFlow(text.trim(), "[");
  return Array.isArray(flow)
    ? flow.map((element) => parseMap(scalarText(element)))
    : parseList(text).map(parseMap);
}

export const formatMapList = (maps: readonly ReadonlyMap<string, string>[]): string =>
  formatList(maps.map(formatMap));
