import { createServer, type Server } from "node:http";
import type { Logger } from "../../telemetry/log.ts";
import type { Registry } from "../../telemetry/metrics/registry.ts";

const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };

/** Serves Prometheus at /metrics, and at / as Flink's own reporter does. */
export function serveMetrics(port: number, registry: Registry, log: Logger): Server {
  const server = createServer(({ url = "/" }, response) => {
    const known = ["/", "/metrics"].includes(url.split("?", 1)[0] ?? "");
    if (!known) return void response.writeHead(404, headers).end();
    registry.text().then(
      (text) => response.writeHead(200, headers).end(text),
      (error: unknown) => {
        log.warn({ error }, "Metrics cannot be read");
        response.writeHead(500, headers).end();
      },
    );
  });
  // The operator also works without metrics.
  server.on("error", (error) => log.warn({ error, port }, "Metrics cannot be served"));
  return server.listen(port).unref();
}
