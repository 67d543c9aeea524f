import { Readable } from "node:stream";
import { Agent, type Dispatcher } from "undici";
import type { RestEndpoint } from "../api/flinkFacts.ts";
import { headlineOf } from "../api/stackTrace.ts";
import { FlinkRestError } from "./api.ts";
import { broken } from "./json.ts";
import { createSecureAgents, type SecureOptions } from "./secureAgents.ts";

/** One HTTP exchange with a JobManager, with an end in time and in size. */
export interface Exchange {
  /** The parsed body of a 2xx answer; rejects with a FlinkRestError and nothing else. */
  send(at: RestEndpoint, request: RestRequest): Promise<unknown>;
  /** Closes the kept connections; requests under way are broken off. */
  close(): Promise<void>;
}

export interface RestRequest {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path and query, already encoded. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, in the place of `body`. */
  stream?: StreamedBody;
  deadlineMs?: number;
}

export interface StreamedBody {
  contentType: string;
  /** Bytes; undefined where the end is not known beforehand. */
  length: number | undefined;
  chunks: AsyncIterable<Uint8Array>;
}

export interface ExchangeOptions {
  /** Milliseconds from the call to the last byte of the answer. */
  deadlineMs?: number;
  /** Bytes of an answer. The largest that is read, the task managers of a big session cluster, has about 1 MiB a thousand. */
  maxBodyBytes?: number;
  /** Sockets for each JobManager: one for the poller, one for an act beside it. */
  connectionsPerJobManager?: number;
  /**
   * Milliseconds that an idle connection is kept. Long enough for a job in transition, which is asked several times a
   * second; short enough that ten thousand settled ones hold no sockets between two polls.
   */
  keepAliveMs?: number;
  /** For endpoints with TLS. */
  secure?: SecureOptions;
}

export function createExchange(options: ExchangeOptions = {}): Exchange {
  const deadlineMs = options.deadlineMs ?? 10_000;
  const maxBodyBytes = options.maxBodyBytes ?? 8 * 1_024 * 1_024;
  const agentWith = (tls: object) =>
    new Agent({
      allowH2: false,
      connections: options.connectionsPerJobManager ?? 2,
      pipelining: 1,
      keepAliveTimeout: options.keepAliveMs ?? 4_000,
      keepAliveMaxTimeout: options.keepAliveMs ?? 4_000,
      connect: { timeout: deadlineMs, ...tls },
      // The deadline of the whole exchange stands for these.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  const plain = agentWith({});
  const secure = createSecureAgents(agentWith, options.secure);

  return {
    async send(at, request) {
      const ms = request.deadlineMs ?? deadlineMs;
      const dispatcher = at.tls === undefined ? plain : await secure.agentFor(at.tls);
      const origin = originOf(at);
      const answer = await withDeadline(ms, (signal) =>
        exchange(dispatcher, origin, request, signal, maxBodyBytes),
      );
      if (answer.status < 200 || answer.status > 299) {
        throw new FlinkRestError(answer.status, "answered", messageOf(answer.status, answer.body));
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

/** undici does not let go of a request that still waits for its connection, hence a race and not the signal alone. */
async function withDeadline(ms: number, run: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const late = new FlinkRestError(0, "timeout", `no answer within ${ms} ms`);
      reject(late);
      abort.abort(late);
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

const nobodyListens = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const tooLate = new Set(["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"]);

function asFlinkRestError(error: unknown): FlinkRestError {
  if (error instanceof FlinkRestError) {
    return error;
  }
  const { code, message } = error as { code?: string; message?: string };
  const kind = nobodyListens.has(code ?? "") ? "refused" : tooLate.has(code ?? "") ? "timeout" : "broken";
  // An AggregateError of several tried addresses has a code and no message.
  return new FlinkRestError(0, kind, message || code || String(error), { cause: error });
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw broken(`the answer is not JSON: ${headlineOf(body, 80)}`, error);
  }
}

/** The first of Flink's `errors` that says more than that there was an error. */
function messageOf(status: number, body: string): string {
  let errors: unknown;
  try {
    errors = (JSON.parse(body) as { errors?: unknown } | null)?.errors;
  } catch {
    return `HTTP ${status}: ${headlineOf(body, 200)}`;
  }
  const texts = (Array.isArray(errors) ? errors : []).filter(
    (text): text is string => typeof text === "string" && text.trim() !== "",
  );
  const useful = texts.find((text) => text !== "Internal server error.") ?? texts[0];
  return useful === undefined ? `HTTP ${status}` : `HTTP ${status}: ${headlineOf(useful)}`;
}
