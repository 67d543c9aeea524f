import { spawn } from "node:child_process";
import { CommandError } from "./commandError.ts";

/** kubectl does all requests: with its kubeconfig, contexts, credentials and proxies, and with the caller's rights. */
export interface Kubectl {
  /** Resolves to standard output. Rejects with a KubectlError. */
  run(args: readonly string[], input?: string): Promise<string>;
  /** Runs on this terminal, until it ends or is interrupted. Resolves to its exit status. */
  attach(args: readonly string[]): Promise<number>;
}

/** The reason is that of the API server ("Forbidden", "NotFound"), where it answered. */
export class KubectlError extends CommandError {
  readonly reason: string | undefined;

  constructor(message: string, reason: string | undefined) {
    super(message);
    this.name = "KubectlError";
    this.reason = reason;
  }
}

export interface ClusterFlags {
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
}

/** The longest that one request may take. kubectl itself waits without end for a server that does not answer. */
const REQUEST_TIMEOUT = "20s";

export function createKubectl({ context, kubeconfig }: ClusterFlags, executable = "kubectl"): Kubectl {
  const flags = [
    ...(context === undefined ? [] : ["--context", context]),
    ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
  ];
  return {
    run: (args, input) =>
      new Promise((resolve, reject) => {
        const child = spawn(executable, [...flags, `--request-timeout=${REQUEST_TIMEOUT}`, ...args]);
        const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
        child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
        child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
        child.on("error", (error: NodeJS.ErrnoException) => reject(notStarted(executable, error)));
        child.on("close", (code) => {
          if (code === 0) resolve(Buffer.concat(stdout).toString("utf8"));
          else reject(describeFailure(Buffer.concat(stderr).toString("utf8")));
        });
        // A process that ends before it has read its input says why by itself.
        child.stdin.on("error", () => {});
        child.stdin.end(input ?? "");
      }),
    attach: (args) =>
      new Promise((resolve, reject) => {
        const child = spawn(executable, [...flags, ...args], { stdio: "inherit" });
        child.on("error", (error: NodeJS.ErrnoException) => reject(notStarted(executable, error)));
        child.on("close", (code) => resolve(code ?? 0));
      }),
  };
}

const notStarted = (executable: string, { code, message }: NodeJS.ErrnoException): KubectlError =>
  new KubectlError(
    code === "ENOENT"
      ? `${executable} is not on the PATH: install it (https://kubernetes.io/docs/tasks/tools/)`
      : `${executable} cannot be started: ${message}`,
    undefined,
  );

interface Symptom {
  readonly pattern: RegExp;
  readonly advice: string;
}

/** What kubectl says, and what to do about it. The first that matches. */
const symptoms: readonly Symptom[] = [
  {
    pattern:
      /You must be logged in|Unauthorized|provide credentials|token (has|is) expired|getting credentials/i,
    advice:
      "the cluster does not accept the credentials of this context, which may have expired: log in again",
  },
  {
    pattern: /context ".*" does not exist|context was not found/i,
    advice: "there is no such context: kubectl config get-contexts lists them",
  },
  {
    pattern: /no configuration has been provided|localhost:8080|current-context (is not set|must exist)/i,
    advice: "no cluster is configured: set KUBECONFIG, or give --kubeconfig or --context",
  },
  {
    pattern:
      /connection refused|Unable to connect|no such host|i\/o timeout|deadline exceeded|Client\.Timeout|TLS handshake|was refused/i,
    advice: "no cluster answers: check the context (kubectl config current-context) and the network",
  },
];

/** Where the error begins in what kubectl says. Before that are words of its client, and after it may be more lines. */
const beginning = /^(Error from server|error:|The \S+ ".*" is invalid)/i;

export function describeFailure(stderr: string): KubectlError {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^([EWIF]\d{4}|Warning:) /.test(line));
  const first = lines.findLastIndex((line) => beginning.test(line));
  const said = lines.slice(first === -1 ? -1 : first).map((line) => line.replace(/^(error: |\* )/i, ""));
  const last = (said.join("; ").replace(":; ", ": ") || "kubectl failed").slice(0, 1_000);
  const symptom = symptoms.find(({ pattern }) => pattern.test(stderr));
  if (symptom !== undefined) return new KubectlError(`${symptom.advice} (kubectl: ${last})`, undefined);
  const answered = /^Error from server(?: \((\w+)\))?: (.*)$/.exec(last);
  const reason = answered?.[1];
  const message = answered?.[2] ?? last;
  return new KubectlError(
    / cannot \w+/.test(message) && reason === "Forbidden"
      ? `you are not allowed to do this: ${message}`
      : message,
    reason,
  );
}
