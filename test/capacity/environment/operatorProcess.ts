import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { nodeFlags } from "../../../images/operator.ts";
import { until } from "../deadline.ts";
import type { Options } from "../options.ts";
import type { Installation } from "./install.ts";
import { namespaces } from "./resource.ts";

const root = join(import.meta.dirname, "../../..");
/** Milliseconds for the operator to read everything. */
const startMs = 300_000;
/** Milliseconds for the operator to end by itself. */
const endMs = 30_000;

/** The operator as a process of this machine, as its image runs it, or another one. */
export interface OperatorProcess {
  readonly pid: number;
  /** Resolves, when it has read everything, to the seconds since its start. */
  readonly ready: Promise<number>;
  /** Whether it still runs. */
  isAlive(): boolean;
  end(): Promise<void>;
}

export interface OperatorStart extends Installation, Pick<Options, "operatorCommand" | "healthUrl"> {
  /** Its output is appended there. */
  readonly logFile: string;
}

export async function startOperator(start: OperatorStart, signal: AbortSignal): Promise<OperatorProcess> {
  const healthPort = await freePort();
  const healthUrl = start.healthUrl ?? `http://127.0.0.1:${healthPort}/ready`;
  const log = openSync(start.logFile, "a");
  const env = {
    KUBECONFIG: start.kubeconfig,
    FLINK_CONF_DIR: start.confDir,
    FLINK_REST_ACCESS: "pod",
    OPERATOR_NAMESPACE: namespaces.operator,
    OPERATOR_NAME: "flink-kubernetes-operator",
    HOSTNAME: "capacity",
    POD_IP: "127.0.0.1",
    HEALTH_PORT: String(healthPort),
    METRICS_PORT: String(await freePort()),
    RECORDING_PORT: "0",
    LOG_FORMAT: "text",
  };
  const started = performance.now();
  const child =
    start.operatorCommand === undefined
      ? spawn(process.execPath, [...nodeFlags, "dist/operator/operator.mjs"], {
          cwd: root,
          stdio: ["ignore", log, log],
          env: { ...env, PATH: process.env.PATH, NODE_ENV: "production" },
        })
      : // The measured process is the command itself.
        spawn("sh", ["-c", `exec ${start.operatorCommand}`], {
          stdio: ["ignore", log, log],
          env: { ...process.env, ...env },
        });
  closeSync(log);
  const exited = once(child, "exit");
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const look = async () => {
    if (!isAlive()) throw new Error(`the operator has ended: ${endOf(start.logFile)}`);
    return isOk(healthUrl);
  };
  const ready = until("the operator is ready", look, startMs, signal).then(
    () => (performance.now() - started) / 1000,
  );
  // Whoever awaits it gets the error.
  ready.catch(() => undefined);
  return {
    pid: pidOf(child),
    ready,
    isAlive,
    async end() {
      if (isAlive()) child.kill("SIGTERM");
      await Promise.race([exited, pause(endMs, undefined, { ref: false })]);
      if (isAlive()) child.kill("SIGKILL");
      await exited;
    },
  };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error("the operator did not start");
  return child.pid;
}

const endOf = (file: string): string => readFileSync(file, "utf8").slice(-2_000);

async function isOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
