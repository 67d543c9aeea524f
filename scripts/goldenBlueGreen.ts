/**
 * Replays recorded blue/green sequences: `npm run --silent golden:bluegreen -- FOLDER`. Prints the first difference of each sequence
 * that fails, and `N passed, N failed` at the end. Exits with code 1 if one failed or there is none.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { replay } from "../test/support/blueGreenReplay.ts";
import { sequenceOf } from "../test/support/blueGreenWorld.ts";

const [folder = join(import.meta.dirname, "../test/golden/bluegreen")] = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .sort();

function differencesOf(file: string): readonly string[] {
  try {
    return replay(sequenceOf(JSON.parse(readFileSync(join(folder, file), "utf8"))));
  } catch (error) {
    return [`${file}: ${(error as Error).message}`];
  }
}

const failed = files.map(differencesOf).filter((lines) => lines.length > 0);
for (const lines of failed) console.log(lines.join("\n"));
console.log(`${files.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 || files.length === 0 ? 1 : 0;
