import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { RestEndpoint } from "../api/flinkFacts.ts";
import { headlineOf } from "../api/stackTrace.ts";
import { FlinkRestError } from "./api.ts";
import { createConnections } from "./connections.ts";
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
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, already encoded. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent unchanged, instead of `body`. */
  stream?: StreamedBody;
  /** What a program's exception answers, by its stack trace. Undefined: it is an error. */
  answerIn?(stackTrace: string): string | undefined;
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
  connectionsPerJobManager?: number;
  /** Idle connections to all JobManagers together. */
  idleConnections?: number;
  /** For endpoints with TLS. */
  secure?: SecureOptions;
}

export function createExchange(options: ExchangeOptions = {}): Exchange {
  const deadlineMs = options.deadlineMs ?? 10_000;
  const maxBodyBytes = options.maxBodyBytes ?? 8 * 1_024 * 1_024;
  const connections = createConnections({
    perJobManager: options.connectionsPerJobManager ?? 2,
    idle: options.idleConnections ?? 2_048,
  });
  const plain = connections.agent();
  const secure = createSecureAgents(connections.agent, options.secure);

  return {
    async send(at, request) {
      const ms = request.deadlineMs ?? deadlineMs;
      const agent = at.tls === undefined ? plain : await secure.agentFor(at.tls);
      const headers = at.tls === undefined ? {} : secure.headers();
      const answer = await withDeadline(ms, (signal) =>
        exchange({ at, request, agent, headers, signal, maxBodyBytes }),
      );
      if (answer.status < 200 || answer.status > 299) {
        const thrown = request.answerIn?.(usefulError(answer.body) ?? "");
        if (thrown !== undefined) return thrown;
        throw errorOf(answer);
      }
      return parse(answer.body);
    },
    async close() {
      plain.destroy();
      await secure.close();
    },
  };
}

interface Answer {
  status: number;
  body: string;
}

/** One attempt to get an answer. */
interface Attempt {
  readonly at: RestEndpoint;
  readonly request: RestRequest;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly maxBodyBytes: number;
}

/** A question that meets a connection which the JobManager has just closed is asked again, on another one. */
async function exchange(attempt: Attempt): Promise<Answer> {
  for (;;) {
    const { sent, answered } = send(attempt);
    let response: IncomingMessage | undefined;
    try {
      response = await answered;
      return { status: response.statusCode ?? 0, body: await readBody(response, attempt.maxBodyBytes) };
    } catch (error) {
      const wasClosed = sent.reusedSocket && response === undefined && isReset(error);
      if (!wasClosed || attempt.request.method !== "GET") throw error;
    }
  }
}

const isReset = (error: unknown): boolean =>
  ["ECONNRESET", "EPIPE"].includes((error as { code?: string }).code ?? "");

function send({ at, request, agent, headers, signal }: Attempt): {
  readonly sent: ClientRequest;
  readonly answered: Promise<IncomingMessage>;
} {
  const { method, path } = request;
  const host = at.host.replace(/^\[|\]$/g, "");
  const content = contentOf(request);
  const start = at.tls === undefined ? httpRequest : httpsRequest;
  const sent = start({
    host,
    port: at.port,
    method,
    path,
    agent,
    signal,
    headers: { ...content.headers, ...headers },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once("response", resolve);
    // Also of a request whose answer is known: a connection may break at any time.
    sent.on("error", reject);
    if (typeof content.body === "object") pipeline(content.body, sent).catch(reject);
    else sent.end(content.body);
  });
  return { sent, answered };
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      throw broken(`the answer is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function contentOf({ body, stream }: RestRequest): {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable | string | undefined;
} {
  const accept = "application/json";
  if (stream !== undefined) {
    const length = stream.length === undefined ? undefined : { "content-length": String(stream.length) };
    return {
      headers: { accept, "content-type": stream.contentType, ...length },
      body: Readable.from(stream.chunks, { objectMode: false }),
    };
  }
  return body === undefined
    ? { headers: { accept }, body: undefined }
    : { headers: { accept, "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** An agent does not abort a request that still waits for its connection. So this races the deadline, too. */
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

/** The first of Flink's `errors` other than "Internal server error.". Undefined: the body is not JSON. "": there is none. */
function usefulError(body: string): string | undefined {
  const texts = flinkErrors(body);
  return texts && (texts.find((text) => text !== "Internal server error.") ?? texts[0] ?? "");
}

function errorOf({ status, body }: Answer): FlinkRestError {
  const useful = usefulError(body);
  const message = useful === undefined ? headlineOf(body, 200) : headlineOf(useful);
  return new FlinkRestError(
    status,
    "answered",
    message === "" ? `HTTP ${status}` : `HTTP ${status}: ${message}`,
    {
      fromFlink: useful !== undefined && useful !== "",
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
