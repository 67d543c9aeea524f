import { createServer, type Server } from "node:http";
import type { Logger } from "../../telemetry/log.ts";
import { formatRecording, type PassRecorder } from "./passRecorder.ts";

/** The path that recordings are served at. Queries: namespace, name. */
export const RECORDINGS_PATH = "/recordings";

const json = { "content-type": "application/json" };

/**
 * Serves recorded passes on the loopback interface only. No pod reaches it: a caller needs the right to forward a port of the
 * operator's pod (create pods/portforward), which the API server checks. `port` 0: they are not served.
 */
export function serveRecordings(
  port: number,
  passes: Pick<PassRecorder, "recording">,
  log: Logger,
): Server | undefined {
  if (port === 0) return undefined;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    if (pathname !== RECORDINGS_PATH || request.method !== "GET") return void response.writeHead(404).end();
    const of = {
      namespace: searchParams.get("namespace") ?? undefined,
      name: searchParams.get("name") ?? undefined,
    };
    try {
      const text = formatRecording(passes.recording(of));
      response.writeHead(200, json).end(text);
    } catch (error) {
      log.warn({ error }, "Recorded passes cannot be read");
      response.writeHead(500).end();
    }
  });
  // The operator also works without it: another one on the same host may have the port.
  server.on("error", (error) => log.info({ error, port }, "Recorded passes cannot be read"));
  return server.listen(port, "127.0.0.1").unref();
}
