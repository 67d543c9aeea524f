import { createServer, type Server } from "node:http";
import type { Logger } from "../../telemetry/log.ts";
import type { Health } from "./health.ts";

/**
 * Answers Kubernetes' probes: /live, /ready, /started (which stays true), and, for any other path, both the first and
 * the last, as the Java operator does: 200 "OK" or 500 "ERROR", with what is wrong below that.
 */
export function serveHealth(port: number, health: () => Health, log: Logger): Server {
  let started = false;
  let lastTroubles = "";

  function judge(path: string): { ok: boolean; problems: readonly string[] } {
    const { live, ready, problems } = health();
    started ||= ready;
    if (path === "/live") return { ok: live, problems };
    if (path === "/ready") return { ok: ready, problems };
    if (path === "/started") return { ok: started, problems };
    return { ok: started && live, problems };
  }

  function tell(path: string, ok: boolean, problems: readonly string[]): void {
    const now = ok ? "" : `${path} ${problems.join("; ")}`;
    if (now !== lastTroubles && !ok && started) log.warn({ path, problems }, "The health probe fails");
    lastTroubles = now;
  }

  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const { ok, problems } = judge(path);
    tell(path, ok, problems);
    response.writeHead(ok ? 200 : 500, { "content-type": "text/plain" });
    response.end(ok ? "OK" : ["ERROR", ...problems].join("\n"));
  });
  // A probe that cannot be answered is a reason to end; Kubernetes says so itself.
  server.on("error", (error) => log.error({ error, port }, "The health probes cannot be answered"));
  return server.listen(port).unref();
}
