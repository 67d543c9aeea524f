/**
 * Plays recordings of the Java operator's autoscaler: `npm run --silent golden:autoscaler -- FOLDER`. Prints the first step of
 * each that comes out otherwise, and as the last line how many passed. The format: test/golden/README.md.
 */
import { existsSync } from "node:fs";
import { differences } from "../test/support/autoscaler/difference.ts";
import { playScenario } from "../test/support/autoscaler/playScenario.ts";
import { playTable } from "../test/support/autoscaler/playTable.ts";
import { isTable, readRecordings } from "../test/support/autoscaler/recording.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined || !existsSync(folder)) {
  const what = folder === undefined ? "name the folder of the recordings" : `there is no folder ${folder}`;
  console.error(`${what}: npm run --silent golden:autoscaler -- FOLDER`);
  process.exit(2);
}
let passed = 0;
let failed = 0;
for (const recording of readRecordings(folder)) {
  let failure: string | undefined;
  try {
    failure = isTable(recording) ? playTable(recording, differences) : playScenario(recording, differences);
  } catch (error) {
    failure = `${recording.name}: ${(error as Error).stack}`;
  }
  if (failure === undefined) passed++;
  else {
    failed++;
    console.log(failure);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
