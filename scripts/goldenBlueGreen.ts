/**
 * Replays recorded blue/green sequences: `npm run --silent golden:bluegreen -- FOLDER`. Prints the first difference of each sequence
 * that fails, and `N passed, N failed` at the end. Exits with code 1 if one failed or there is none.
 */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { replay } from "../test/support/blueGreenReplay.ts";
import { sequenceOf } from "../test/support/blueGreenWorld.ts";
import { messageOf, pathArgument, recordingFiles, report } from "../test/support/recordingFiles.ts";

const own = join(import.meta.dirname, "../test/golden/bluegreen");
const folder = pathArgument("golden:bluegreen", process.argv[2] ?? own);

function differencesOf(file: string): readonly string[] {
  try {
    return replay(sequenceOf(JSON.parse(readFileSync(file, "utf8"))));
  } catch (error) {
    return [`${basename(file)}: ${messageOf(error)}`];
  }
}

const found = recordingFiles(folder, [".json"]).map(differencesOf);
const failures = found.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
process.exitCode = report({ failures, passed: found.length - failures.length });
