/**
 * Runs the layers of the tests in order and adds up what they came to:
 *
 *   node scripts/test.ts [--all] [--record] [LAYER...]
 *
 * --all leaves nothing to another commit's turn, and records what each layer came to (test/results/test-all.json); --record
 * does so for a whole run without --all (test/results/test.json). The last line is "N passed, N failed", with ", N skipped"
 * where a test could not run here.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { currentTurn } from "../test/support/turn.ts";
import { layerRow, testRow, total } from "./testing/costPage.ts";
import { beginImages, layers, measured } from "./testing/layers.ts";
import {
  type LayerResult,
  mostExpensive,
  recordTestAll,
  recordTestRun,
  rounded,
  type TestCost,
} from "./testing/results.ts";
import { layerColumns, printTable, testColumns } from "./testing/table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: "boolean", default: false }, record: { type: "boolean", default: false } },
});
const names = layers.map(({ name }) => name);
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no layer "${unknown.join('", "')}"; there are: ${names.join(", ")}`);
  process.exit(2);
}
if (values.all) process.env.TEST_ALL = "true";
// One turn for all of the run, whatever is committed meanwhile.
process.env.TEST_TURN = String(currentTurn());

const chosen = positionals.length === 0 ? layers : layers.filter(({ name }) => positionals.includes(name));
if (chosen.some(({ onFlink }) => onFlink)) beginImages();
const reports = mkdtempSync(join(tmpdir(), "test-reports-"));
const results: LayerResult[] = [];
const tests: TestCost[] = [];
const missing: string[] = [];
const ranAgain: string[] = [];
const failures: string[] = [];
for (const layer of chosen) {
  console.log(`\n== ${layer.name}`);
  const { result, seconds, cpuSeconds } = await measured(() => layer.run(reports));
  const { passed, failed, skipped } = result.count;
  results.push({
    layer: layer.name,
    ...{ passed, failed, skipped, seconds: rounded(seconds), cpuSeconds: rounded(cpuSeconds) },
  });
  tests.push(...result.tests);
  if (result.missing !== undefined) missing.push(result.missing);
  ranAgain.push(...result.ranAgain);
  failures.push(...result.failures.map((failure) => `failed: ${layer.name}: ${failure}`));
  console.log(
    `== ${layer.name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${rounded(seconds)} s`,
  );
}
rmSync(reports, { recursive: true });

const expensive = mostExpensive(tests);
if (values.all) recordTestAll(results, names);
else if (values.record && positionals.length === 0) recordTestRun(results, expensive);

const all = total(results);
console.log(`\n${printTable(layerColumns, [...results, all].map(layerRow))}`);
console.log(`\nthe most expensive tests:\n${printTable(testColumns, expensive.map(testRow))}\n`);
console.log(
  values.all
    ? "everything ran, whoever's turn it was"
    : `turn ${process.env.TEST_TURN}: TEST_TURN=${process.env.TEST_TURN} make test repeats it, make test-all leaves nothing out`,
);
for (const test of ranAgain) console.log(`passed only when it ran again: ${test}`);
for (const line of [...missing, ...failures]) console.log(line);
const skipped = all.skipped === 0 ? "" : `, ${all.skipped} skipped`;
console.log(`${all.passed} passed, ${all.failed} failed${skipped}`);
process.exitCode = all.failed === 0 ? 0 : 1;
