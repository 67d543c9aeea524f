import { once } from "node:events";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { SecureContextOptions } from "node:tls";
import type { Logger } from "../telemetry/log.ts";
import type { Admission } from "./admit.ts";
import { type AdmissionRequest, formatReview, ReviewError, readReview } from "./review.ts";

/** Limits for one caller and for all callers together. */
export interface Limits {
  /** The size of one review. Objects have at most 3 MiB, and a review has two. */
  readonly bodyBytes: number;
  /** The size of all reviews that are in progress. */
  readonly totalBytes: number;
  readonly connections: number;
  /** The time from the start of a request, or of its connection, to the end of its body. */
  readonly requestMs: number;
  /** The time for the TLS handshake. */
  readonly handshakeMs: number;
}

const defaultLimits: Limits = {
  bodyBytes: 6 * 1_024 * 1_024,
  totalBytes: 32 * 1_024 * 1_024,
  connections: 1_024,
  requestMs: 10_000,
  handshakeMs: 5_000,
};

/**
 * Above the 90 s after which the API server closes an idle connection. The server must not close first, since a request may
 * be in flight.
 */
const idleMs = 120_000;
/** How often connections are checked for timeouts. */
const timeoutCheckMs = 500;

export interface AdmissionServerOptions {
  readonly admission: Admission;
  readonly log: Logger;
  /** Undefined: plain HTTP, behind a proxy that terminates TLS. */
  readonly certificate: SecureContextOptions | undefined;
  /** The result of GET /ready. */
  ready?(): boolean;
  readonly limits?: Partial<Limits>;
}

export interface AdmissionServer {
  /** Resolves to the port. */
  listen(port: number, host?: string): Promise<number>;
  /** Replaces the certificate for new connections. Existing ones continue. Throws if it is invalid. */
  useCertificate(certificate: SecureContextOptions): void;
  /** Answers the requests in flight and accepts no more. */
  close(): Promise<void>;
}

/** Serves POST /validate and /mutate, and GET /ready. */
export function createAdmissionServer(options: AdmissionServerOptions): AdmissionServer {
  const { admission, log, certificate } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const handlers = { "/validate": admission.validate, "/mutate": admission.mutate } as const;
  let heldBytes = 0;
  let closing = false;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    if (path === "/ready") return answerReady(response);
    const handler = Object.hasOwn(handlers, path) ? handlers[path as keyof typeof handlers] : undefined;
    if (handler === undefined) return refuse(response, 404, "there are /validate, /mutate and /ready");
    if (request.method !== "POST") return refuse(response, 405, "a review is POSTed", { allow: "POST" });
    const body = createBody(request);
    try {
      const review = readReview(await body.text());
      const result = await handler(review);
      if (!result.allowed) logRefusal(review, result.errors);
      const text = formatReview(review.uid, result);
      const last = closing ? { connection: "close" } : {};
      response.writeHead(200, { "content-type": "application/json", ...last }).end(text);
    } catch (error) {
      if (error instanceof ReviewError) refuse(response, 400, error.message);
      else if (error instanceof LimitError) refuse(response, error.status, error.message);
      else if (request.destroyed && !request.complete) log.debug({ error }, "A caller went away");
      else {
        log.error({ error }, "A review could not be answered");
        refuse(response, 500, "internal error");
      }
    } finally {
      body.release();
    }
  }

  function answerReady(response: ServerResponse): void {
    const ready = options.ready?.() ?? true;
    response.writeHead(ready ? 200 : 503, { "content-type": "text/plain" }).end(ready ? "OK" : "NOT READY");
  }

  /** Reads a body within the limits. Its bytes count until `release`. */
  function createBody(request: IncomingMessage): { text(): Promise<string>; release(): void } {
    let held = 0;
    return {
      async text() {
        if (Number(request.headers["content-length"] ?? 0) > limits.bodyBytes) throw tooLarge(limits);
        const chunks: Buffer[] = [];
        for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
          held += chunk.length;
          heldBytes += chunk.length;
          if (held > limits.bodyBytes) throw tooLarge(limits);
          if (heldBytes > limits.totalBytes) throw new LimitError(503, "too much is asked at once");
          chunks.push(chunk);
        }
        return Buffer.concat(chunks).toString("utf8");
      },
      release() {
        heldBytes -= held;
        held = 0;
      },
    };
  }

  function logRefusal({ kind, operation, object }: AdmissionRequest, errors: readonly unknown[]): void {
    const { namespace, name } = object?.metadata ?? {};
    log.info({ kind: kind.kind, namespace, name, operation, errors }, "Refused a resource");
  }

  const shared = {
    requestTimeout: limits.requestMs,
    headersTimeout: limits.requestMs,
    connectionsCheckingInterval: Math.min(timeoutCheckMs, limits.requestMs),
    keepAliveTimeout: idleMs,
  };
  const tlsServer: TlsServer | undefined =
    certificate && createHttpsServer({ ...shared, ...certificate, handshakeTimeout: limits.handshakeMs });
  const server: Server | TlsServer = tlsServer ?? createHttpServer(shared);
  server.on("request", (request, response) => void answer(request, response));
  server.maxConnections = limits.connections;
  // Closes a socket without any traffic, for example after the client's host has crashed.
  server.setTimeout(idleMs + limits.requestMs);
  server.on("tlsClientError", (error) => log.debug({ error }, "A TLS handshake failed"));

  return {
    async listen(port, host) {
      server.listen(port, host);
      await once(server, "listening");
      server.on("error", (error) => log.error({ error }, "The admission server is in trouble"));
      return (server.address() as AddressInfo).port;
    },
    useCertificate: (next) => tlsServer?.setSecureContext(next),
    async close() {
      closing = true;
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      await closed;
    },
  };
}

class LimitError extends Error {
  readonly status: 413 | 503;
  constructor(status: LimitError["status"], message: string) {
    super(message);
    this.status = status;
  }
}

const tooLarge = ({ bodyBytes }: Limits): LimitError =>
  new LimitError(413, `a review has at most ${bodyBytes} bytes`);

/** The rest of the body is not read: the connection is closed with the response. */
function refuse(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "content-type": "text/plain", connection: "close", ...headers });
  response.end(`${message}\n`);
}
