import { spawn } from "node:child_process";
import { describeFailure, KubectlError } from "./kubectlError.ts";

/** kubectl does all requests: with its kubeconfig, contexts, credentials and proxies, and with the caller's rights. */
export interface Kubectl {
  /** Resolves to standard output. Rejects with a KubectlError. */
  run(args: readonly string[], input?: string): Promise<string>;
  /** Runs on this terminal, until it ends or is interrupted. Resolves to its exit status. */
  attach(args: readonly string[]): Promise<number>;
  /** Forwards a free port of this machine to one of a pod, until it is closed. Rejects with a KubectlError. */
  forward(namespace: string, pod: string, port: number): Promise<Forwarded>;
}

export interface Forwarded {
  /** On 127.0.0.1. */
  readonly port: number;
  close(): void;
}

export interface ClusterFlags {
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
}

/** The longest that one request may take. kubectl itself waits without end for a server that does not answer. */
const REQUEST_TIMEOUT = "20s";
const FORWARD_TIMEOUT_MS = 20_000;

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
    forward: (namespace, pod, port) =>
      new Promise((resolve, reject) => {
        const args = ["port-forward", "-n", namespace, `pod/${pod}`, `:${port}`, "--address", "127.0.0.1"];
        const child = spawn(executable, [...flags, ...args], { stdio: ["ignore", "pipe", "pipe"] });
        const close = () => void child.kill();
        let [stdout, stderr] = ["", ""];
        const timer = setTimeout(close, FORWARD_TIMEOUT_MS);
        child.stdout.on("data", (chunk: Buffer) => {
          stdout += chunk.toString("utf8");
          const local = /^Forwarding from 127\.0\.0\.1:(\d+) /m.exec(stdout)?.[1];
          if (local !== undefined) {
            clearTimeout(timer);
            resolve({ port: Number(local), close });
          }
        });
        child.stderr.on("data", (chunk: Buffer) => {
          stderr += chunk.toString("utf8");
        });
        child.on("error", (error: NodeJS.ErrnoException) => reject(notStarted(executable, error)));
        child.on("close", () => {
          clearTimeout(timer);
          reject(describeFailure(stderr));
        });
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
    { meaning: "failed" },
  );
