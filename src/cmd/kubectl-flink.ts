/** kubectl-flink: what users ask of their Flink jobs, and functions of the operator, on the command line. */
import { createInterface } from "node:readline/promises";
import { setTimeout } from "node:timers/promises";
import { showsColours } from "../views/format.ts";
import { CommandError, errorText } from "./kubectl/commandError.ts";
import { createKubectl } from "./kubectl/kubectl.ts";
import { createProgram } from "./kubectl/program.ts";

// A reader that closes the pipe early, such as head, is no failure.
process.stdout.on("error", () => process.exit());

async function ask(question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

async function main(): Promise<void> {
  try {
    await createProgram({
      kubectl: (flags) => createKubectl(flags),
      write: (text) => void process.stdout.write(text),
      warn: (text) => console.error(text),
      isTerminal: showsColours(process.stdout.isTTY, process.env.NO_COLOR),
      now: () => Date.now(),
      pause: (ms) => setTimeout(ms),
      ask,
      setExitCode(code) {
        process.exitCode = code;
      },
    }).parseAsync();
  } catch (error) {
    console.error(`kubectl-flink: ${errorText(error)}`);
    process.exitCode = error instanceof CommandError ? error.code : 1;
  }
}

// No await here: the single executable is a CommonJS module.
void main();
