/** One column: its title, and whether its values are numbers. */
interface Column {
  readonly title: string;
  readonly numeric?: boolean;
}

type Row = readonly (string | number)[];

/** A table in plain text, for a terminal. */
export function printTable(columns: readonly Column[], rows: readonly Row[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(String))];
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) =>
        columns[at]?.numeric ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return cells.map(line).join("\n");
}

/** A table in Markdown. */
export function markdownTable(columns: readonly Column[], rows: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(({ title }) => title)),
    `|${columns.map(({ numeric }) => (numeric ? "--:" : "---")).join("|")}|`,
    ...rows.map((row) => line(row.map((cell) => String(cell).replaceAll("|", "\\|")))),
  ].join("\n");
}

export const layerColumns: readonly Column[] = [
  { title: "layer" },
  ...["passed", "failed", "skipped", "seconds", "CPU seconds"].map((title) => ({ title, numeric: true })),
];

export const testColumns: readonly Column[] = [
  { title: "layer" },
  { title: "test" },
  { title: "seconds", numeric: true },
  { title: "CPU seconds", numeric: true },
];
