import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: string;
}

export interface HttpServer {
  url: string;
  /** Every request so far, in order. */
  received: Received[];
  close(): Promise<void>;
}

/** An HTTP server on loopback whose responses the test defines. */
export async function serve(
  answer: (request: Received, response: ServerResponse, count: number) => unknown,
): Promise<HttpServer> {
  const received: Received[] = [];
  const server = createServer(async (incoming, response) => {
    let body = "";
    for await (const chunk of incoming.setEncoding("utf8")) body += chunk;
    const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://server");
    const method = incoming.method ?? "";
    const request = { method, path: pathname, query: searchParams, headers: incoming.headers, body };
    received.push(request);
    await answer(request, response, received.length);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** Sends a metav1.Status, the API server's error response. */
export function refuse(
  response: ServerResponse,
  code: number,
  reason: string,
  message = reason,
  details?: unknown,
): void {
  json(response, code, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    code,
    reason,
    message,
    details,
  });
}
