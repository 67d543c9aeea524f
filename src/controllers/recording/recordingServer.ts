import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Logger } from "../../telemetry/log.ts";
import type { PassRecorder } from "./passRecorder.ts";

/** The path that recordings are served at. Queries: namespace, name. */
export const RECORDINGS_PATH = "/recordings";

const json = { "content-type": "application/json" };

/**
 * Serves recorded passes on the loopback interface only. No pod reaches it: a caller needs the right to forward a port of the
 * operator's pod (create pods/portforward), which the API server checks. `port` 0: they are not served.
 */
export function serveRecordings(
  port: number,
  passes: Pick<PassRecorder, "read">,
  log: Logger,
): Server | undefined {
  if (port === 0) return undefined;
  const server = createRecordingServer(passes, log);
  // The operator also works without it: another one on the same host may have the port.
  server.on("error", (error) => log.info({ error, port }, "Recorded passes cannot be read"));
  return server.listen(port, "127.0.0.1").unref();
}

export const createRecordingServer = (passes: Pick<PassRecorder, "read">, log: Logger): Server =>
  createServer((request, response) => {
    answer(request, response, passes).catch((error: unknown) => {
      log.warn({ error }, "Recorded passes cannot be read");
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });

async function answer(
  { url = "/", method }: IncomingMessage,
  response: ServerResponse,
  passes: Pick<PassRecorder, "read">,
): Promise<void> {
  const at = URL.parse(url, "http://localhost");
  if (at === null) return void response.writeHead(400).end();
  const { pathname, searchParams } = at;
  if (pathname !== RECORDINGS_PATH || method !== "GET") return void response.writeHead(404).end();
  const { parts } = passes.read({
    namespace: searchParams.get("namespace") ?? undefined,
    name: searchParams.get("name") ?? undefined,
  });
  response.writeHead(200, json);
  await pipeline(Readable.from(parts), response);
}
