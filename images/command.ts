/** Other programs: run one, and see to it that it is there. */
import { spawn } from "node:child_process";
import { step } from "./progress.ts";

export interface CommandOptions {
  cwd?: string;
  env?: Record<string, string>;
}

/** What a failure shows of the program's output. */
const TAIL_LINES = 30;

/** Runs to the end and returns standard output; a failure carries the end of both streams. */
export async function run(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let both = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    both += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    both += text;
  });
  const code = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exit, signal) => resolve(exit ?? signal));
  });
  if (code !== 0) {
    const tail = both.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
    throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${tail}`);
  }
  return output;
}

async function works(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(program, args);
    return true;
  } catch {
    return false;
  }
}

let installed: Promise<void> = Promise.resolve();

/** Installs a Debian package unless the program that it brings answers already; one package after the other. */
export function need(program: string, probe: readonly string[], debianPackage: string): Promise<void> {
  installed = installed.then(async () => {
    if (await works(program, probe)) return;
    await step(`installing ${debianPackage}`, async () => {
      await aptGet("update", "-q");
      await aptGet("install", "-q", "-y", "--no-install-recommends", debianPackage);
    });
  });
  return installed;
}

/** Two at a time would fail: apt-get does not wait for the lock of its lists. localkube takes the same lock. */
const aptGet = (...args: string[]): Promise<string> =>
  run("flock", ["/run/lock/flink-kubernetes-operator.apt", "apt-get", ...args], {
    env: { DEBIAN_FRONTEND: "noninteractive" },
  });
