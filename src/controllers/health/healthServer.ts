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

  function judge(path: string): { ok: boolean; troubles: readonly string[] } {
    const { live, ready, troubles } = health();
    started ||= ready;
    if (path === "/live") return { ok: live, troubles };
    if (path === "/ready") return { ok: ready, troubles };
    if (path === "/started") return { ok: started, troubles };
    return { ok: started && live, troubles };
  }

  function tell(path: string, ok: boolean, troubles: readonly string[]): void {
    const now = ok ? "" : `${path} ${troubles.join("; ")}`;
    if (now !== lastTroubles && !ok && started) log.warn({ path, troubles }, "The health probe fails");
    lastTroubles = now;
  }

  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const { ok, troubles } = judge(path);
    tell(path, ok, troubles);
    response.writeHead(ok ? 200 : 500, { "content-type": "text/plain" });
    response.end(ok ? "OK" : ["ERROR", ...troubles].join("\n"));
  });
  // A probe that cannot be answered is a reason to end; Kubernetes says so itself.
  server.on("error", (error) => log.error({ error, port }, "The health probes cannot be answered"));
  return server.listen(port).unref();
}
