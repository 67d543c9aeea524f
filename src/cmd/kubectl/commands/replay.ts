import { writeFileSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import { formatRecording } from "../../../controllers/recording/passRecorder.ts";
import { parseRecording, type Recording } from "../../../controllers/recording/recording.ts";
import { differencesOf } from "../../../controllers/recording/replay.ts";
import type { Output } from "../../../views/format.ts";
import { readTextFile } from "../../inputFiles.ts";
import { CommandError, errorText, exitStatuses } from "../commandError.ts";
import { type Environment, paintOf, print, printLine, withOutput } from "../environment.ts";
import { passBefore, passText, type ReplayedPass, replayTable } from "../replayText.ts";

interface ReplayOptions {
  readonly pass?: number;
  readonly extract?: string;
  readonly output?: Output;
}

const place = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError("It must be a number of the table.");
  return number;
};

export const addReplay = (program: Command, environment: Environment): void => {
  const command = program
    .command("replay")
    .description(
      "Decide again what the operator decided, from the facts in a recording, with this version, and say where it would decide " +
        "otherwise. `report` takes recordings along. No cluster is asked.",
    )
    .argument("<file>", 'a recording (recording.json of a report); "-" for standard input')
    .option("--pass <number>", "show this pass in full: its facts, what changed, what was decided", place)
    .option("--extract <file>", "with --pass: write it to a file of its own, as the input of a unit test");
  withOutput(command).action((file: string, options: ReplayOptions) => {
    const recording = read(file);
    if (options.extract !== undefined) return extract(environment, recording, options);
    const replayed = recording.passes.map((pass, at): ReplayedPass => replay(recording, pass, at));
    const { pass: number } = options;
    const one = number === undefined ? undefined : numbered(replayed, number);
    print(environment, options.output, one ?? replayed, () =>
      one === undefined || number === undefined
        ? replayTable(replayed, paintOf(environment))
        : passText(one, passBefore(recording, number - 1), paintOf(environment)),
    );
    const differs = (one === undefined ? replayed : [one]).some(({ differences }) => differences.length > 0);
    if (differs) environment.setExitCode(exitStatuses.differs.code);
  });
};

function read(file: string): Recording {
  const { name, text } = readTextFile(file);
  try {
    return parseRecording(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CommandError(`${name} cannot be replayed: ${error.message}`);
  }
}

/** A pass of another version may lack what this one reads. */
function replay(recording: Recording, pass: Recording["passes"][number], at: number): ReplayedPass {
  try {
    return { pass, differences: differencesOf(recording, at) };
  } catch (error) {
    return { pass, differences: [{ path: "the decision itself", recorded: "made", now: errorText(error) }] };
  }
}

function numbered<Value>(values: readonly Value[], number: number): Value {
  const found = values[number - 1];
  if (found === undefined)
    throw new CommandError(`there is no pass ${number}: the recording has ${values.length}`);
  return found;
}

function extract(
  environment: Environment,
  recording: Recording,
  { pass: number, extract: to = "" }: ReplayOptions,
): void {
  if (number === undefined) throw new CommandError("which pass is to be written? Add --pass NUMBER");
  const pass = numbered(recording.passes, number);
  const configurations = [recording.configurations[pass.configuration] ?? {}];
  const alone: Recording = { ...recording, configurations, passes: [{ ...pass, configuration: 0 }] };
  try {
    writeFileSync(to, formatRecording(alone));
  } catch (error) {
    throw new CommandError(`${to} cannot be written: ${errorText(error)}`);
  }
  printLine(
    environment,
    `${to}: pass ${number}; a unit test reads it by parseRecording, and decides by inputOf (src/controllers/recording)`,
  );
}
