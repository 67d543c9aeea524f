import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePort } from "../../support/operatorProcess.ts";

const root = join(import.meta.dirname, "../../..");

/** The standalone autoscaler as a process of this machine, from the sources. */
export interface AutoscalerProcess {
  /** Standard output and error. */
  output(): string;
  /** The status and the body of a path of the health server or of the metrics. */
  get(
    server: "health" | "metrics",
    path: string,
  ): Promise<{ readonly status: number; readonly text: string }>;
  /** Resolves to its exit status. */
  readonly exited: Promise<number | null>;
  end(): Promise<number | null>;
}

export async function startAutoscaler(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<AutoscalerProcess> {
  const ports = { health: await freePort(), metrics: await freePort() };
  const child = spawn(process.execPath, ["src/cmd/main.ts", "autoscaler", ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      HEALTH_PORT: String(ports.health),
      METRICS_PORT: String(ports.metrics),
      ...env,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const exited = once(child, "close").then(([status]) => status as number | null);
  return {
    output: () => output,
    async get(server, path) {
      const answer = await fetch(`http://127.0.0.1:${ports[server]}${path}`);
      return { status: answer.status, text: await answer.text() };
    },
    exited,
    async end() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
      const status = await exited;
      clearTimeout(timer);
      return status;
    },
  };
}
