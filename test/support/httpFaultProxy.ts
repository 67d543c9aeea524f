import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Agent, request } from "undici";
import type { ClusterAccess } from "../../src/kube/clusterAccess.ts";
import { refuse } from "./httpServer.ts";

/** What goes wrong with one request. */
export type Fault =
  /** The server answers so instead. */
  | { answer: number; reason: string }
  /** The answer ends, in good order, in the middle of its line number `line`, counted from 1. */
  | { truncateLine: number }
  /** The whole answer comes only after this time. */
  | { delayMs: number }
  /** Each piece of the answer comes this much after it was sent. */
  | { lagMs: number };

/** An API server reached in plain HTTP, whose answers can be spoilt. */
export interface HttpFaultProxy {
  url: string;
  /** Asked for each request, by its path and query; undefined where it is to be left alone. */
  spoil(fault: ((path: string) => Fault | undefined) | undefined): void;
  /** Paths and queries of all requests so far. */
  requests: string[];
  close(): Promise<void>;
}

export async function httpFaultProxy(access: ClusterAccess): Promise<HttpFaultProxy> {
  const dispatcher = new Agent({
    allowH2: false,
    bodyTimeout: 0,
    connect: { ca: access.ca ?? "", cert: access.clientCertificate ?? "", key: access.clientKey ?? "" },
  });
  const requests: string[] = [];
  let faultOf: ((path: string) => Fault | undefined) | undefined;

  async function forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = incoming.url ?? "/";
    requests.push(path);
    const fault = faultOf?.(path);
    if (fault !== undefined && "answer" in fault) return refuse(response, fault.answer, fault.reason);
    if (fault !== undefined && "delayMs" in fault) await wait(fault.delayMs);
    const abort = new AbortController();
    response.on("close", () => abort.abort());
    const { host: _, ...headers } = incoming.headers;
    const answer = await request(`${access.server}${path}`, {
      method: incoming.method ?? "GET",
      headers,
      body: incoming.method === "GET" ? null : incoming,
      dispatcher,
      signal: abort.signal,
    });
    response.writeHead(answer.statusCode, answer.headers);
    response.flushHeaders();
    const chunks = answer.body as AsyncIterable<Uint8Array>;
    const bytes =
      fault !== undefined && "truncateLine" in fault ? truncated(chunks, fault.truncateLine) : chunks;
    for await (const chunk of bytes) {
      if (fault !== undefined && "lagMs" in fault) await wait(fault.lagMs);
      response.write(chunk);
    }
    response.end();
  }

  const server = createServer((incoming, response) => {
    forward(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spoil(fault) {
      faultOf = fault;
    },
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await dispatcher.destroy();
    },
  };
}

async function* truncated(chunks: AsyncIterable<Uint8Array>, line: number): AsyncGenerator<Uint8Array> {
  let complete = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at++) {
      if (chunk[at] !== 0x0a) continue;
      complete += 1;
      if (complete < line) continue;
      // Half of the line that would have been complete here.
      yield chunk.subarray(0, Math.max(0, at - 20));
      return;
    }
    yield chunk;
  }
}
