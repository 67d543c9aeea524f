/** The forms that all commands print in. */
import { stripVTControlCharacters } from "node:util";
import { dump } from "js-yaml";

export type Output = "text" | "wide" | "json" | "yaml";

const codes = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;
export type Colour = keyof typeof codes;
/** Colours a text, on a terminal. */
export type Paint = (colour: Colour, text: string) => string;

export const noColours: Paint = (_, text) => text;
export const terminalColours: Paint = (colour, text) => `\u001b[${codes[colour]}m${text}\u001b[0m`;

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

/** Columns as kubectl writes them: three spaces apart, without lines. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
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
    .map(([title, lines]) => `${title}:\n${lines.map((line) => `  ${line}\n`).join("")}`)
    .join("\n");
}

export const formatData = (data: unknown, output: "json" | "yaml"): string =>
  output === "json"
    ? `${JSON.stringify(data, null, 2)}\n`
    : dump(JSON.parse(JSON.stringify(data)), { lineWidth: -1, noRefs: true });
