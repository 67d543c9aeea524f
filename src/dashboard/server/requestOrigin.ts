import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { CSRF_HEADER } from "../contract.ts";
import { HttpError } from "./httpError.ts";

/**
 * Throws an HttpError unless a write comes from the dashboard's own pages: by Origin, by Sec-Fetch-Site where the browser sends it, and
 * by the token of the session. `publicUrl`: absent, the origin must have the host that the request was sent to.
 */
export function checkWrite(
  { headers }: Pick<IncomingMessage, "headers">,
  csrf: string | undefined,
  publicUrl: string | undefined,
): void {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin")
    throw new HttpError(403, "The request comes from another site: open the dashboard itself.");
  if (!isOwnOrigin(headers.origin, headers.host, publicUrl))
    throw new HttpError(
      403,
      "The request's Origin is not the dashboard's: check publicUrl, and what a proxy makes of the Host header.",
    );
  const given = headers[CSRF_HEADER];
  if (csrf === undefined || typeof given !== "string" || !isSame(given, csrf))
    throw new HttpError(403, `The header ${CSRF_HEADER} is not that of the session: load the page again.`);
}

/** Another site has the browser ask: the session's cookie does not come along. */
export const isCrossSite = ({ headers }: Pick<IncomingMessage, "headers">): boolean =>
  headers["sec-fetch-site"] === "cross-site";

function isOwnOrigin(
  origin: string | undefined,
  host: string | undefined,
  publicUrl: string | undefined,
): boolean {
  if (origin === undefined || !URL.canParse(origin)) return false;
  return publicUrl === undefined ? new URL(origin).host === host : origin === new URL(publicUrl).origin;
}

const isSame = (a: string, b: string): boolean =>
  Buffer.byteLength(a) === Buffer.byteLength(b) && timingSafeEqual(Buffer.from(a), Buffer.from(b));
