/** An executable in the place of kubectl, for tests: it answers from a table and notes its calls. */
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "../../api/kubernetes.ts";
import { errorText } from "./commandError.ts";
import { createKubectl } from "./kubectl.ts";
import { createProgram } from "./program.ts";

export interface FakeAnswer {
  /** The answer is for the first call whose arguments contain this text. */
  readonly when: string;
  readonly stdout?: unknown;
  /** With exit status 1. */
  readonly stderr?: string;
  /** For the first call of that kind only. */
  readonly once?: true;
  /** For so many calls of that kind. */
  readonly times?: number;
}

interface FakeCall {
  readonly args: string;
  readonly input: string;
}

const script = (folder: string): string => `#!${process.execPath}
const { appendFileSync, readFileSync } = require("node:fs");
const args = process.argv.slice(2).filter((each) => !each.startsWith("--request-timeout")).join(" ");
const input = /-f -$/.test(args) ? readFileSync(0, "utf8") : "";
const before = readFileSync(${JSON.stringify(join(folder, "calls"))}, "utf8");
appendFileSync(${JSON.stringify(join(folder, "calls"))}, JSON.stringify({ args, input }) + "\\n");
const answers = JSON.parse(readFileSync(${JSON.stringify(join(folder, "answers"))}, "utf8"));
const found = answers.find(
  ({ when, once, times = once ? 1 : Infinity }) => args.includes(when) && before.split(when).length <= times,
);
const { stdout, stderr } = found ?? { stderr: 'Error from server (NotFound): no answer for "' + args + '"' };
if (stderr !== undefined) { process.stderr.write(stderr + "\\n"); process.exit(1); }
process.stdout.write(typeof stdout === "string" ? stdout : JSON.stringify(stdout));
`;

/** The path that kubectl is asked for. */
export const pathOf = (plural: string, namespace = "ns"): string =>
  `--raw /apis/flink.apache.org/v1beta1/namespaces/${namespace}/${plural}`;

export const list = (...items: readonly object[]) => ({ items });

export const noObjects: readonly FakeAnswer[] = [
  { when: "config view", stdout: "ns" },
  { when: "--raw /apis/", stdout: list() },
  { when: "--raw /api/v1/", stdout: list() },
];

/** A cluster with these resources and nothing else. */
export const holding = (...resources: readonly KubeObject[]): readonly FakeAnswer[] => {
  const plurals = { FlinkDeployment: "flinkdeployments", FlinkSessionJob: "flinksessionjobs" } as const;
  const ofKind = (kind: keyof typeof plurals) => resources.filter((each) => each.kind === kind);
  const lists = (["FlinkDeployment", "FlinkSessionJob"] as const).flatMap((kind): FakeAnswer[] => [
    ...ofKind(kind).map((each) => ({ when: `${pathOf(plurals[kind])}/${each.metadata.name}`, stdout: each })),
    { when: `${pathOf(plurals[kind])}/`, stderr: "Error from server (NotFound): not found" },
    { when: pathOf(plurals[kind]), stdout: list(...ofKind(kind)) },
    { when: `/v1beta1/${plurals[kind]}`, stdout: list(...ofKind(kind)) },
  ]);
  return [...lists, ...noObjects];
};

export interface Outcome {
  readonly stdout: string;
  readonly stderr: readonly string[];
  readonly code: number;
  readonly calls: readonly FakeCall[];
}

/** Runs a command as a user does, with the answers of kubectl in order of preference. */
export async function runCommand(
  answers: readonly FakeAnswer[],
  ...args: readonly string[]
): Promise<Outcome> {
  const { executable, calls } = fakeKubectl(answers);
  return runWith(executable, calls, ...args);
}

function fakeKubectl(answers: readonly FakeAnswer[]) {
  const folder = mkdtempSync(join(tmpdir(), "kubectl-"));
  writeFileSync(join(folder, "answers"), JSON.stringify(answers));
  writeFileSync(join(folder, "calls"), "");
  const executable = join(folder, "kubectl.cjs");
  writeFileSync(executable, script(folder));
  chmodSync(executable, 0o755);
  return { executable, calls: () => readCalls(folder) };
}

const readCalls = (folder: string): FakeCall[] =>
  readFileSync(join(folder, "calls"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as FakeCall);

export async function runWith(
  executable: string,
  calls: () => readonly FakeCall[],
  ...args: readonly string[]
): Promise<Outcome> {
  return runAt({}, executable, calls, ...args);
}

/** At a terminal. `agrees`: what the user answers. Absent: there is no terminal. `looks`: how often a watch looks. */
interface Terminal {
  readonly agrees?: boolean;
  readonly looks?: number;
}

/** The same with a user at a terminal. */
export async function runCommandAt(
  terminal: Terminal,
  answers: readonly FakeAnswer[],
  ...args: readonly string[]
): Promise<Outcome> {
  const { executable, calls } = fakeKubectl(answers);
  return runAt(terminal, executable, calls, ...args);
}

async function runAt(
  { agrees, looks = Number.POSITIVE_INFINITY }: Terminal,
  executable: string,
  calls: () => readonly FakeCall[],
  ...args: readonly string[]
): Promise<Outcome> {
  let left = looks;
  let [stdout, code, now] = ["", 0, Date.parse("2026-01-02T00:00:00Z")];
  const stderr: string[] = [];
  const program = createProgram({
    kubectl: (flags) => createKubectl(flags, executable),
    write: (text) => {
      stdout += text;
    },
    warn: (text) => stderr.push(text),
    isTerminal: false,
    now: () => now,
    pause: async (ms) => {
      left -= 1;
      if (left <= 0) throw new Error("interrupted");
      now += ms;
    },
    ask: async (question) => {
      stderr.push(question);
      return agrees;
    },
    setExitCode: (status) => {
      code = status;
    },
  });
  for (const command of [program, ...program.commands.flatMap((each) => [each, ...each.commands])])
    command.exitOverride().configureOutput({ writeErr: (text) => void stderr.push(text.trim()) });
  try {
    await program.parseAsync(["node", "kubectl-flink", ...args]);
  } catch (error) {
    const { code: status } = error as { code?: unknown };
    if (typeof status !== "string") stderr.push(errorText(error));
    code = typeof status === "number" ? status : 1;
  }
  return { stdout, stderr, code, calls: calls() };
}
