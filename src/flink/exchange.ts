import { Readable } from "node:stream";
import { Agent, type Dispatcher } from "undici";
import type { RestEndpoint } from "../api/flinkFacts.ts";
import { headlineOf } from "../api/stackTrace.ts";
import { FlinkRestError } from "./api.ts";
import { broken } from "./json.ts";
import { createSecureAgents, type SecureOptions } from "./secureAgents.ts";

/** HTTP requests to JobManagers, with a deadline and a limit on the size of the response. */
export interface Exchange {
  /** Resolves to the parsed body of a 2xx response. Rejects only with a FlinkRestError. */
  send(at: RestEndpoint, request: RestRequest): Promise<unknown>;
  /** Closes all connections and aborts the requests in flight. */
  close(): Promise<void>;
}

export interface RestRequest {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path and query, already encoded. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent unchanged, instead of `body`. */
  stream?: StreamedBody;
  deadlineMs?: number;
}

export interface StreamedBody {
  contentType: string;
  /** Bytes. Undefined: not known in advance. */
  length: number | undefined;
  chunks: AsyncIterable<Uint8Array>;
}

export interface ExchangeOptions {
  /** Milliseconds from the call to the last byte of the response. */
  deadlineMs?: number;
  /** Bytes of a response. The largest, the TaskManagers of a session cluster, takes about 1 MiB per thousand TaskManagers. */
  maxBodyBytes?: number;
  /** Sockets for each JobManager: one for the poller, one for an action. */
  connectionsPerJobManager?: number;
  /**
   * Milliseconds that an idle connection is kept. Long enough for a job in transition, which is polled several times per
   * second. Short enough that ten thousand settled jobs hold no sockets between two polls.
   */
  keepAliveMs?: number;
  /** For endpoints with TLS. */
  secure?: SecureOptions;
}

export function createExchange(options: ExchangeOptions = {}): Exchange {
  const deadlineMs = options.deadlineMs ?? 10_000;
  const maxBodyBytes = options.maxBodyBytes ?? 8 * 1_024 * 1_024;
  const createAgent = (tls: object) =>
    new Agent({
      allowH2: false,
      connections: options.connectionsPerJobManager ?? 2,
      pipelining: 1,
      keepAliveTimeout: options.keepAliveMs ?? 4_000,
      keepAliveMaxTimeout: options.keepAliveMs ?? 4_000,
      connect: { timeout: deadlineMs, ...tls },
      // The deadline of the whole exchange replaces these timeouts.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  const plain = createAgent({});
  const secure = createSecureAgents(createAgent, options.secure);

  return {
    async send(at, request) {
      const ms = request.deadlineMs ?? deadlineMs;
      const dispatcher = at.tls === undefined ? plain : await secure.agentFor(at.tls);
      const origin = originOf(at);
      const answer = await withDeadline(ms, (signal) =>
        exchange(dispatcher, origin, request, signal, maxBodyBytes),
      );
      if (answer.status < 200 || answer.status > 299) {
        throw errorOf(answer);
      }
      return parse(answer.body);
    },
    async close() {
      await Promise.all([plain.destroy(), secure.close()]);
    },
  };
}

function originOf(at: RestEndpoint): string {
  const host = at.host.includes(":") && !at.host.startsWith("[") ? `[${at.host}]` : at.host;
  return `${at.tls === undefined ? "http" : "https"}://${host}:${at.port}`;
}

interface Answer {
  status: number;
  body: string;
}

async function exchange(
  dispatcher: Dispatcher,
  origin: string,
  request: RestRequest,
  signal: AbortSignal,
  maxBodyBytes: number,
): Promise<Answer> {
  const { statusCode, body } = await dispatcher.request({
    origin,
    path: request.path,
    method: request.method,
    signal,
    ...contentOf(request),
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) {
      throw broken(`the answer is larger than ${maxBodyBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return { status: statusCode, body: Buffer.concat(chunks).toString("utf8") };
}

function contentOf({ body, stream }: RestRequest): Pick<Dispatcher.RequestOptions, "headers" | "body"> {
  const accept = "application/json";
  if (stream !== undefined) {
    const length = stream.length === undefined ? {} : { "content-length": String(stream.length) };
    return {
      headers: { accept, "content-type": stream.contentType, ...length },
      body: Readable.from(stream.chunks, { objectMode: false }),
    };
  }
  return body === undefined
    ? { headers: { accept }, body: null }
    : { headers: { accept, "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** undici does not abort a request that still waits for its connection. So this races the deadline, too. */
async function withDeadline(ms: number, run: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const timeout = new FlinkRestError(0, "timeout", `no answer within ${ms} ms`);
      reject(timeout);
      abort.abort(timeout);
    }, ms);
  });
  try {
    return await Promise.race([run(abort.signal), deadline]);
  } catch (error) {
    throw asFlinkRestError(error);
  } finally {
    clearTimeout(timer);
  }
}

const unreachableCodes = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const timeoutCodes = new Set(["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"]);

function asFlinkRestError(error: unknown): FlinkRestError {
  if (error instanceof FlinkRestError) {
    return error;
  }
  const { code, message } = error as { code?: string; message?: string };
  const kind = unreachableCodes.has(code ?? "")
    ? "refused"
    : timeoutCodes.has(code ?? "")
      ? "timeout"
      : "broken";
  // An AggregateError for several addresses has a code and no message.
  return new FlinkRestError(0, kind, message || code || String(error), { cause: error });
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw broken(`the answer is not JSON: ${headlineOf(body, 80)}`, error);
  }
}

/** Its message is the first of Flink's `errors` other than "Internal server error.". */
function errorOf({ status, body }: Answer): FlinkRestError {
  const texts = flinkErrors(body);
  const useful = texts?.find((text) => text !== "Internal server error.") ?? texts?.[0];
  const message = texts === undefined ? headlineOf(body, 200) : headlineOf(useful ?? "");
  return new FlinkRestError(
    status,
    "answered",
    message === "" ? `HTTP ${status}` : `HTTP ${status}: ${message}`,
    {
      fromFlink: useful !== undefined,
    },
  );
}

/** Undefined: the body is not JSON. */
function flinkErrors(body: string): string[] | undefined {
  let errors: unknown;
  try {
    errors = (JSON.parse(body) as { errors?: unknown } | null)?.errors;
  } catch {
    return undefined;
  }
  return (Array.isArray(errors) ? errors : []).filter(
    (text): text is string => typeof text === "string" && text.trim() !== "",
  );
}
