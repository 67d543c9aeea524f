import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type Dispatcher, Pool } from "undici";
import { formatJson, parseJson as parseExactly } from "../api/exactJson.ts";
import type { ResourceType } from "../api/kubernetes.ts";
import { errorFromResponse, warningsOf } from "./answer.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { KubeError } from "./errors.ts";

/** One completed request, for metrics and for limits in tests. */
export interface RequestRecord {
  method: string;
  type: ResourceType;
  watch: boolean;
  /** HTTP status. 0: no response. */
  status: number;
  /** Milliseconds until the whole response was read. For a watch, until it was open. */
  durationMs: number;
}

export interface TransportOptions {
  userAgent: string;
  onRequest?: ((record: RequestRecord) => void) | undefined;
  /** The deadline of a request other than a watch, including the whole response. */
  requestTimeoutMs?: number;
  /** How long a watch may be silent. The server sends a bookmark about every minute, so silence means a dead connection. */
  watchSilenceMs?: number;
  /** The number of connections for requests other than watches. */
  connections?: number;
}

export interface KubeRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  type: ResourceType;
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  contentType?: string;
  onWarning?: (text: string) => void;
}

export interface Transport {
  /** Resolves to the JSON of the response. */
  send(request: KubeRequest): Promise<unknown>;
  /** The bytes of the response as they arrive. Throws when the connection breaks or the signal is aborted. */
  open(request: KubeRequest, signal: AbortSignal): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

const gunzipped = promisify(gunzip);
/** Below the 90 s after which the API server closes an idle connection, so that no request meets a closing one. */
const keepAliveTimeout = 60_000;

export function createTransport(access: ClusterAccess, options: TransportOptions): Transport {
  const {
    userAgent,
    onRequest,
    requestTimeoutMs = 30_000,
    watchSilenceMs = 150_000,
    connections = 32,
  } = options;
  const base = new URL(access.server);
  const prefix = base.pathname.replace(/\/+$/, "");
  const pool = (connections: number | null) =>
    new Pool(base.origin, {
      // With HTTP/2 a dead connection of a watch is not detected, with or without pings.
      allowH2: false,
      connections,
      keepAliveTimeout,
      connect: {
        timeout: 10_000,
        ...(access.ca === undefined ? {} : { ca: access.ca }),
        ...(access.clientCertificate === undefined ? {} : { cert: access.clientCertificate }),
        ...(access.clientKey === undefined ? {} : { key: access.clientKey }),
        ...(access.tlsServerName === undefined ? {} : { servername: access.tlsServerName }),
        rejectUnauthorized: access.skipTlsVerify !== true,
      },
    });
  // Each watch holds a connection for minutes. A separate pool keeps the others free for requests.
  const requests = pool(connections);
  const watches = pool(null);

  const headers = (request: KubeRequest, extra: Record<string, string>) => ({
    accept: "application/json",
    "user-agent": userAgent,
    ...(request.body === undefined ? {} : { "content-type": request.contentType ?? "application/json" }),
    ...(access.authorization === undefined ? {} : { authorization: access.authorization.header() }),
    ...extra,
  });

  /** Dispatches the request. Repeats it once after a 401, if the credentials have been replaced meanwhile. */
  async function dispatch(
    through: Pool,
    request: KubeRequest,
    extra: Record<string, string>,
    limits: Pick<Dispatcher.RequestOptions, "signal" | "headersTimeout" | "bodyTimeout">,
  ): Promise<Dispatcher.ResponseData> {
    const attempt = () =>
      through.request({
        path: `${prefix}${request.path}`,
        method: request.method,
        headers: headers(request, extra),
        body: request.body === undefined ? null : formatJson(request.body),
        ...limits,
      });
    const answer = await attempt();
    if (answer.statusCode !== 401 || access.authorization?.renew() !== true) return answer;
    await answer.body.dump();
    return attempt();
  }

  return {
    async send(request) {
      const started = performance.now();
      let status = 0;
      try {
        const answer = await dispatch(
          requests,
          request,
          { "accept-encoding": "gzip" },
          { signal: AbortSignal.timeout(requestTimeoutMs) },
        );
        const text = await readText(answer);
        status = answer.statusCode;
        if (status >= 300) throw errorFromResponse(describe(request), status, text, retryAfter(answer));
        if (request.onWarning !== undefined) warningsOf(answer.headers.warning).forEach(request.onWarning);
        return parseJson(request, text);
      } catch (error) {
        throw toKubeError(request, error);
      } finally {
        const durationMs = performance.now() - started;
        onRequest?.({ method: request.method, type: request.type, watch: false, status, durationMs });
      }
    },

    async *open(request, signal) {
      try {
        const answer = await openWatch(request, signal);
        yield* answer.body as AsyncIterable<Uint8Array>;
      } catch (error) {
        throw toKubeError(request, error);
      }
    },

    async close() {
      await Promise.all([requests.destroy(), watches.destroy()]);
    },
  };

  async function openWatch(request: KubeRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const started = performance.now();
    let status = 0;
    try {
      const answer = await dispatch(
        watches,
        request,
        {},
        { signal, headersTimeout: requestTimeoutMs, bodyTimeout: watchSilenceMs },
      );
      status = answer.statusCode;
      if (status !== 200) {
        throw errorFromResponse(describe(request), status, await readText(answer), retryAfter(answer));
      }
      return answer;
    } finally {
      const durationMs = performance.now() - started;
      onRequest?.({ method: request.method, type: request.type, watch: true, status, durationMs });
    }
  }
}

async function readText(answer: Dispatcher.ResponseData): Promise<string> {
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  const plain = answer.headers["content-encoding"] === "gzip" ? await gunzipped(bytes) : bytes;
  return plain.toString("utf8");
}

function parseJson(request: KubeRequest, text: string): unknown {
  try {
    return parseExactly(text);
  } catch (cause) {
    throw new KubeError(0, "Malformed", `the answer is not JSON (${describe(request)})`, { cause });
  }
}

function retryAfter(answer: Dispatcher.ResponseData): string | undefined {
  const value = answer.headers["retry-after"];
  return typeof value === "string" ? value : undefined;
}

const describe = (request: KubeRequest): string => `${request.method} ${request.path}`;

const reasonsWithoutAnswer: Record<string, string> = {
  ECONNREFUSED: "Refused",
  ENOTFOUND: "Unresolved",
  EAI_AGAIN: "Unresolved",
  UND_ERR_CONNECT_TIMEOUT: "Timeout",
  UND_ERR_HEADERS_TIMEOUT: "Timeout",
  UND_ERR_BODY_TIMEOUT: "Silent",
};

/** Every failure without a response becomes a KubeError of status 0, without the credentials. */
function toKubeError(request: KubeRequest, error: unknown): KubeError {
  if (error instanceof KubeError) return error;
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  const reason = name === "TimeoutError" ? "Timeout" : (reasonsWithoutAnswer[code ?? ""] ?? "Broken");
  return new KubeError(0, reason, `${message || code || name} (${describe(request)})`, { cause: error });
}
