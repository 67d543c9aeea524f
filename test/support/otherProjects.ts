import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";

/**
 * Texts of other projects that some tests compare with. They are not in this repository, but may be in a folder beside it.
 * Tests that do not need them use test/golden.
 */
const root = join(import.meta.dirname, "../../../shared");

const texts = {
  "reference/golden": "the Java operator's example documents",
  "reference/crds": "the Java operator's CRDs",
  "reference/helm-values.json": "the Java operator's chart values",
} as const;

type Text = keyof typeof texts;

/** A suite that needs a text. Without it, one skipped test names what is missing. `define` gets the path of the text. */
export function describeWith(text: Text, title: string, define: (path: string) => void): void {
  const path = join(root, text);
  if (existsSync(path)) describe(title, () => define(path));
  else it.skip(`${title}: needs ${texts[text]} (../shared/${text})`, () => {});
}

/** One of the Java operator's example documents, with the recorded output of the Java operator. */
export interface Example<Recording> {
  readonly file: string;
  readonly recording: Recording;
}

/** A suite for the Java operator's example documents, or those of one kind. */
export function describeExamples<Recording>(
  title: string,
  define: (examples: readonly Example<Recording>[]) => void,
  kind = "",
): void {
  describeWith("reference/golden", title, (folder) =>
    define(
      readdirSync(folder)
        .filter((file) => file.endsWith(`${kind}.json`))
        .sort()
        .map((file) => ({ file, recording: JSON.parse(readFileSync(join(folder, file), "utf8")) })),
    ),
  );
}

/** The part of vitest's JSON report that is read. */
interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[];
  }[];
}

/** One line about the comparisons that were skipped in these reports; undefined where there are none. */
export function missingTexts(reports: readonly Report[]): string | undefined {
  const skipped = reports
    .flatMap(({ testResults }) => testResults)
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== "passed" && status !== "failed")
    .flatMap(({ title }) => /: needs (.* \(\.\.\/shared\/.*\))$/.exec(title)?.[1] ?? []);
  if (skipped.length === 0) return undefined;
  const missing = [...new Set(skipped)].sort().join(", ");
  return `skipped, because texts of other projects are missing: ${skipped.length} comparisons with ${missing}`;
}
