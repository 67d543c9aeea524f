import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = join(import.meta.dirname, "../..");

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The operator as a process of this machine; by default it runs from the sources. */
export interface OperatorProcess {
  readonly lines: readonly LogLine[];
  logged(text: string): boolean;
  /** Replaces its config.yaml. */
  configure(options: Readonly<Record<string, string>>): void;
  /** The HTTP status of a health probe. */
  probe(path: string): Promise<number>;
  /** Ends the process. Returns the milliseconds until its exit. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number>;
  readonly child: ChildProcess;
}

export interface OperatorProcessOptions {
  readonly kubeconfig: string;
  readonly identity: string;
  readonly config: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** The arguments of Node. */
  readonly program?: readonly string[];
}

/** Resident memory of a process of this machine, in MiB. */
export function residentMiB(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}

/** A port of the loopback address that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

export async function startOperator(options: OperatorProcessOptions): Promise<OperatorProcess> {
  const folder = mkdtempSync(join(tmpdir(), "operator-"));
  const configure = (config: Readonly<Record<string, string>>) =>
    writeFileSync(
      join(folder, "config.yaml"),
      Object.entries(config)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join(""),
    );
  configure(options.config);
  const port = await freePort();
  const child = spawn(process.execPath, options.program ?? ["src/cmd/operator.ts"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      PATH: process.env.PATH,
      KUBECONFIG: options.kubeconfig,
      LOG_FORMAT: "json",
      FLINK_CONF_DIR: folder,
      HOSTNAME: options.identity,
      HEALTH_PORT: String(port),
      METRICS_PORT: "0",
      RECORDING_PORT: "0",
      ...options.env,
    },
  });
  const lines: LogLine[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line) as LogLine));
  const exited = once(child, "exit");
  return {
    child,
    lines,
    configure,
    logged: (text) => lines.some(({ msg }) => msg.includes(text)),
    async probe(path) {
      return (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    },
    async end(signal) {
      const started = performance.now();
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exited;
      return performance.now() - started;
    },
  };
}
