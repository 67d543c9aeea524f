import { basename } from "node:path";
import { messageOf, type Outcome, recordingFiles } from "../recordingFiles.ts";
import { differences } from "./difference.ts";
import { playScenario } from "./playScenario.ts";
import { playTable } from "./playTable.ts";
import { isTable, type Recording, readRecording, recordingEndings } from "./recording.ts";

/** Plays the recordings of a folder, or of one file. A file that is none counts as one that failed. */
export function playFiles(path: string): Outcome {
  const failures: string[] = [];
  let passed = 0;
  for (const file of recordingFiles(path, recordingEndings)) {
    let recordings: readonly Recording[] = [];
    try {
      recordings = readRecording(file);
    } catch (error) {
      failures.push(`${basename(file)}: ${messageOf(error)}`);
    }
    for (const recording of recordings) {
      const failure = play(recording);
      if (failure === undefined) passed++;
      else failures.push(failure);
    }
  }
  return { failures, passed };
}

/** The first difference. Undefined: none. */
function play(recording: Recording): string | undefined {
  try {
    return isTable(recording) ? playTable(recording, differences) : playScenario(recording, differences);
  } catch (error) {
    return `${recording.name}: ${messageOf(error)}`;
  }
}
