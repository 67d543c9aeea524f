import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Agent, request } from "undici";
import type { ClusterAccess } from "../../src/kube/clusterAccess.ts";
import { refuse } from "./httpServer.ts";

/** The fault that one request meets. */
export type Fault =
  /** This error response instead of the server's. */
  | { status: number; reason: string }
  /** The response ends, without a connection error, in the middle of this line, counted from 1. */
  | { truncateLine: number }
  /** The whole response is delayed by this time. */
  | { delayMs: number }
  /** Each chunk of the response is delayed by this time. */
  | { lagMs: number };

/** A plain HTTP proxy for an API server that injects faults into its responses. */
export interface HttpFaultProxy {
  url: string;
  /** Sets the function that returns the fault of each request, by its path and query; undefined: no fault. */
  injectFaults(fault: ((path: string) => Fault | undefined) | undefined): void;
  /** The paths and queries of all requests so far. */
  requests: string[];
  /** Each value of their Authorization headers. */
  authorizations: Set<string>;
  close(): Promise<void>;
}

export async function httpFaultProxy(access: ClusterAccess): Promise<HttpFaultProxy> {
  const dispatcher = new Agent({
    allowH2: false,
    bodyTimeout: 0,
    connect: { ca: access.ca ?? "", cert: access.clientCertificate ?? "", key: access.clientKey ?? "" },
  });
  const requests: string[] = [];
  const authorizations = new Set<string>();
  let faultOf: ((path: string) => Fault | undefined) | undefined;

  async function forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = incoming.url ?? "/";
    requests.push(path);
    if (incoming.headers.authorization !== undefined) authorizations.add(incoming.headers.authorization);
    const fault = faultOf?.(path);
    if (fault !== undefined && "status" in fault) return refuse(response, fault.status, fault.reason);
    if (fault !== undefined && "delayMs" in fault) await wait(fault.delayMs);
    const abort = new AbortController();
    response.on("close", () => abort.abort());
    const { host: _, ...headers } = incoming.headers;
    const upstream = await request(`${access.server}${path}`, {
      method: incoming.method ?? "GET",
      headers,
      body: incoming.method === "GET" ? null : incoming,
      dispatcher,
      signal: abort.signal,
    });
    response.writeHead(upstream.statusCode, upstream.headers);
    response.flushHeaders();
    const chunks = upstream.body as AsyncIterable<Uint8Array>;
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
    injectFaults(fault) {
      faultOf = fault;
    },
    requests,
    authorizations,
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
      // The line is cut before its end.
      yield chunk.subarray(0, Math.max(0, at - 20));
      return;
    }
    yield chunk;
  }
}
