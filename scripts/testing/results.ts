import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { currentTurn } from "../../test/support/turn.ts";

export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The elapsed time and the processor time of something. */
export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** A test that ran, or a step of a layer. */
export interface TestCost extends Cost {
  readonly layer: string;
  readonly test: string;
}

/** What a layer came to. */
export interface Outcome {
  readonly count: Count;
  readonly tests: readonly TestCost[];
  /** What could not run here, and for want of what; absent: all ran. */
  readonly missing?: string | undefined;
  /** Tests that failed, and passed when they ran again. */
  readonly ranAgain: readonly string[];
  /** One line for each failure that has a name: the test, and the first line of what it reports. */
  readonly failures: readonly string[];
}

export interface LayerResult extends Count, Cost {
  readonly layer: string;
}

interface Provenance {
  readonly commit: string;
  /** ISO 8601, in UTC, without the time. */
  readonly date: string;
  readonly cores: number;
}

/** The last recorded complete run of `make test`. */
export interface TestRun extends Provenance {
  readonly turn: number;
  readonly layers: readonly LayerResult[];
  /** The most expensive first. */
  readonly tests: readonly TestCost[];
}

/** The result of each layer at its last complete run. */
export type TestAllRuns = readonly (LayerResult & Provenance)[];

const folder = join(import.meta.dirname, "../../test/results");
const testRunFile = join(folder, "test.json");
const testAllFile = join(folder, "test-all.json");

const read = <T>(file: string, empty: T): T =>
  existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as T) : empty;
function write(file: string, value: unknown): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

export const readTestRun = (): TestRun | undefined => read<TestRun | undefined>(testRunFile, undefined);
export const readTestAllRuns = (): TestAllRuns => read<TestAllRuns>(testAllFile, []);

/** Records a complete run of `make test`. */
export function recordTestRun(layers: readonly LayerResult[], tests: readonly TestCost[]): void {
  write(testRunFile, { ...provenance(), turn: currentTurn(), layers, tests } satisfies TestRun);
}

/** Records complete runs of these layers, and keeps the results of the others. `names` is the order of all layers. */
export function recordTestAll(layers: readonly LayerResult[], names: readonly string[]): void {
  const known = new Map(readTestAllRuns().map((result) => [result.layer, result]));
  for (const result of layers) known.set(result.layer, { ...result, ...provenance() });
  write(
    testAllFile,
    names.flatMap((name) => known.get(name) ?? []),
  );
}

const provenance = (): Provenance => ({
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
  date: new Date().toISOString().slice(0, "2000-01-01".length),
  cores: availableParallelism(),
});

/** The tests with the longest elapsed time first. */
export const mostExpensive = (tests: readonly TestCost[], most = 20): TestCost[] =>
  tests
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, most)
    .map((test) => ({ ...test, seconds: rounded(test.seconds), cpuSeconds: rounded(test.cpuSeconds) }));

export const rounded = (seconds: number): number => Math.round(seconds);

export const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((all, item) => all + of(item), 0);

export const countOf = (counts: readonly Count[]): Count => ({
  passed: sumOf(counts, ({ passed }) => passed),
  failed: sumOf(counts, ({ failed }) => failed),
  skipped: sumOf(counts, ({ skipped }) => skipped),
});
