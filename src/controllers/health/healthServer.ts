import { createServer, type Server } from "node:http";
import type { Logger } from "../../telemetry/log.ts";
import type { Health } from "./health.ts";

/**
 * Serves the probes of Kubernetes: /live, /ready and /started (once true, it stays true). Any other path combines /started
 * and /live, as in the Java operator. The response is 200 "OK", or 500 "ERROR" followed by the problems.
 */
export function serveHealth(port: number, health: () => Health, log: Logger): Server {
  let started = false;
  let lastProblems = "";

  function evaluate(path: string): { ok: boolean; problems: readonly string[] } {
    const { live, ready, problems } = health();
    started ||= ready;
    if (path === "/live") return { ok: live, problems };
    if (path === "/ready") return { ok: ready, problems };
    if (path === "/started") return { ok: started, problems };
    return { ok: started && live, problems };
  }

  function logFailure(path: string, ok: boolean, problems: readonly string[]): void {
    const now = ok ? "" : `${path} ${problems.join("; ")}`;
    if (now !== lastProblems && !ok && started) log.warn({ path, problems }, "The health probe fails");
    lastProblems = now;
  }

  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const { ok, problems } = evaluate(path);
    logFailure(path, ok, problems);
    response.writeHead(ok ? 200 : 500, { "content-type": "text/plain" });
    response.end(ok ? "OK" : ["ERROR", ...problems].join("\n"));
  });
  // Without this server the probes fail, and Kubernetes restarts the operator.
  server.on("error", (error) => log.error({ error, port }, "The health probes cannot be answered"));
  return server.listen(port).unref();
}
