import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { inject } from "vitest";
import { nodeFlags } from "../../../images/operator.ts";
import { root } from "../../e2e/support/commands.ts";

/** The operator as the image runs it, as a process of this machine. */
export interface OperatorProcess {
  /** Milliseconds from its start to the answer of its first write to the API server. */
  readonly firstAct: Promise<number>;
  /** Resident memory in MiB. */
  residentMiB(): number;
  /** SIGTERM, awaited. */
  end(): Promise<void>;
}

export function spawnOperator(namespace: string): OperatorProcess {
  const started = performance.now();
  const child = spawn(process.execPath, [...nodeFlags, "dist/operator/operator.mjs"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      PATH: process.env.PATH,
      KUBECONFIG: inject("kubeconfig"),
      WATCH_NAMESPACES: namespace,
      FLINK_REST_ACCESS: "pod",
      HEALTH_PORT: "0",
      RECORDING_PORT: "0",
      REQUEST_LOG: "true",
      LOG_FORMAT: "json",
    },
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const firstAct = new Promise<number>((resolve, reject) => {
    child.once("exit", () => reject(new Error("the operator ended before its first act")));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { msg, method } = JSON.parse(line) as { msg?: string; method?: string };
      if (msg === "api request" && method !== "GET") resolve(performance.now() - started);
    });
  });
  return {
    firstAct,
    residentMiB() {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
    },
    async end() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
