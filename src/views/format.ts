/** The forms that all commands print in. */
import { stripVTControlCharacters } from "node:util";
import { dump } from "js-yaml";
import { redactSecrets, redactTexts } from "../api/redact.ts";

export type Output = "text" | "wide" | "json" | "yaml";

const codes = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;
export type Colour = keyof typeof codes;
/** Colours a text, on a terminal. */
export type Paint = (colour: Colour, text: string) => string;

export const noColours: Paint = (_, text) => text;
const ESCAPE = "\u001b";
const colourOf = (code: number): string => `${ESCAPE}[${code}m`;
export const terminalColours: Paint = (colour, text) => `${colourOf(codes[colour])}${text}${colourOf(0)}`;

const ownColours: ReadonlySet<string> = new Set([0, ...Object.values(codes)].map(colourOf));
const controls = new RegExp(`${ESCAPE}\\[\\d+m|\\p{Cc}`, "gu");

/**
 * A text as it may leave for a terminal, which control characters (C0, DEL, C1) from a cluster or a file would steer: they are
 * written as in JSON. Newlines stay, and `coloured` colours.
 */
export const printable = (text: string, coloured = false): string =>
  text.replace(controls, (found) =>
    found === "\n" || (coloured && ownColours.has(found))
      ? found
      : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}${found.slice(1)}`,
  );

/** A text of a cluster or a file as one line, without secrets. */
export const shown = (text: string): string => redactSecrets(text).replaceAll(/[\n\r\t]\s*/g, " ");

/** `noColor`: the environment variable NO_COLOR, which counts unless it is empty (https://no-color.org). */
export const showsColours = (isTerminal: boolean | undefined, noColor: string | undefined): boolean =>
  isTerminal === true && (noColor === undefined || noColor === "");

/** "2d4h", "3h12m", "4m5s", "7s", as kubectl writes ages. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600),
    Math.floor(seconds / 60),
  ];
  if (days >= 2) return `${days}d${hours % 24 === 0 ? "" : `${hours % 24}h`}`;
  if (hours >= 1) return `${hours}h${minutes % 60 === 0 ? "" : `${minutes % 60}m`}`;
  return minutes >= 1 ? `${minutes}m${seconds % 60 === 0 ? "" : `${seconds % 60}s`}` : `${seconds}s`;
}

/** The age of a time in RFC 3339, or "" without one. */
export function ageOf(time: string | undefined, now: number): string {
  const at = Date.parse(time ?? "");
  return Number.isNaN(at) ? "" : formatAge(now - at);
}

const visible = (text: string): number => stripVTControlCharacters(text).length;

/** Columns as kubectl writes them: three spaces apart, without lines. Each row is one line. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows.map((row) => row.map(shown))];
  const widths = header.map((_, at) => Math.max(...all.map((row) => visible(row[at] ?? ""))));
  return all
    .map((row) =>
      row
        .map((cell, at) => cell + " ".repeat((widths[at] ?? 0) - visible(cell)))
        .join("   ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** Titles with indented lines. Empty sections are left out. */
export function formatSections(
  sections: readonly (readonly [title: string, lines: readonly string[]])[],
): string {
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${title}:\n${lines.map((line) => `  ${shown(line)}\n`).join("")}`)
    .join("\n");
}

/** Data without secrets. */
export function formatData(data: unknown, output: "json" | "yaml"): string {
  const text = JSON.stringify(redactTexts(data), null, 2);
  return output === "json" ? `${text}\n` : dump(JSON.parse(text), { lineWidth: -1, noRefs: true });
}
