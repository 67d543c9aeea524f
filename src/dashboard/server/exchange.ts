import type { IncomingMessage, ServerResponse } from "node:http";
import { formatJson } from "../../api/exactJson.ts";
import type { AuditNotes } from "./audit.ts";
import { bodyOf, HttpError } from "./httpError.ts";

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The parts of the path that the route names, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The address of the client, behind proxies that are trusted. */
  readonly address: string;
  /** What the request's audit line says; handlers add what they learn. */
  readonly audited: AuditNotes;
}

/** Calls `listener` when the client has got the answer or is gone; at once if it is gone already. */
export function whenOver(exchange: Pick<Exchange, "response">, listener: () => void): void {
  if (isOver(exchange)) listener();
  else exchange.response.once("close", listener);
}

export const isOver = ({ response }: Pick<Exchange, "response">): boolean =>
  response.destroyed || response.closed;

/** The most bytes of a body. The largest object of the API server has 1.5 MiB. */
const bodyLimit = 2 * 1024 * 1024;

/** The body as a JSON object. Rejects with an HttpError. */
export async function readBody<Body extends object>({ request }: Exchange): Promise<Partial<Body>> {
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? ""))
    throw new HttpError(415, "The body must have the content type application/json.");
  const text = await readText(request);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HttpError(400, "The body is not JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new HttpError(400, "The body must be a JSON object.");
  return value as Partial<Body>;
}

/** What is beyond the limit is read, too, and thrown away: a client that still sends would not read the answer. */
function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    request.on("data", (chunk: Uint8Array) => {
      size += chunk.length;
      if (size <= bodyLimit) chunks.push(chunk);
      else {
        chunks.length = 0;
        reject(new HttpError(413, `The body has more than ${bodyLimit} bytes.`));
      }
    });
    request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.on("error", () => reject(new HttpError(400, "The body is not complete.")));
  });
}

/** A text of a body, which must be there. */
export function textOf(value: unknown, field: string): string {
  if (typeof value !== "string" || value === "") throw new HttpError(400, `${field} must be a text.`, field);
  return value;
}

export function sendJson({ response }: Pick<Exchange, "response">, value: unknown, status = 200): void {
  const text = formatJson(value);
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(text);
}

/** As JSON, or to a browser that would show the answer itself as a page with the way back. */
export function sendError(exchange: Pick<Exchange, "request" | "response">, error: HttpError): void {
  const { request, response } = exchange;
  if (response.headersSent) response.destroy();
  else if (/\btext\/html\b/.test(request.headers.accept ?? "")) sendErrorPage(response, error);
  else sendJson(exchange, bodyOf(error), error.status);
}

function sendErrorPage(response: ServerResponse, { status, message }: HttpError): void {
  const page =
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Flink jobs</title>' +
    `<p>${escapeHtml(message)}</p><p><a href="/">Go to the dashboard and its login</a></p></html>`;
  response
    .writeHead(status, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" })
    .end(page);
}

export const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
