import { KubeError } from "./errors.ts";

/** The fields of metav1.Status that say why a request failed. */
interface Status {
  kind?: string;
  reason?: string;
  message?: string;
  code?: number;
  details?: { retryAfterSeconds?: number; causes?: { field?: string; message?: string }[] };
}

const reasonsWithoutStatus: Record<number, string> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Expired",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

const maxQuotedBodyLength = 300;

/** The error of a response with a failure status: its cause first, then `what`, which names the request. */
export function errorFromResponse(
  what: string,
  httpStatus: number,
  body: string,
  retryAfter: string | undefined,
): KubeError {
  const status = parseStatus(body);
  const message = status === undefined ? body.trim().slice(0, maxQuotedBodyLength) : messageOf(status);
  return new KubeError(
    httpStatus,
    status?.reason || reasonsWithoutStatus[httpStatus] || `HTTP${httpStatus}`,
    `${message === "" ? `HTTP ${httpStatus}` : message} (${what})`,
    { retryAfterSeconds: seconds(retryAfter) ?? status?.details?.retryAfterSeconds },
  );
}

/** The error of an ERROR event of a watch. */
export function errorFromEvent(what: string, object: unknown): KubeError {
  const status = (object ?? {}) as Status;
  const code = status.code ?? 0;
  return new KubeError(
    code,
    status.reason || reasonsWithoutStatus[code] || "WatchError",
    `${messageOf(status) || "the server sent an error event"} (${what})`,
    { retryAfterSeconds: status.details?.retryAfterSeconds },
  );
}

function parseStatus(body: string): Status | undefined {
  try {
    const value = JSON.parse(body) as Status | null;
    return value?.kind === "Status" ? value : undefined;
  } catch {
    return undefined;
  }
}

function messageOf(status: Status): string {
  const message = status.message ?? "";
  // The message of an Invalid response usually contains its causes, but not from every admission plugin.
  const missing = (status.details?.causes ?? [])
    .filter((cause) => cause.message && !message.includes(cause.message))
    .map((cause) => (cause.field ? `${cause.field}: ${cause.message}` : cause.message));
  return [message, ...missing].filter(Boolean).join("; ");
}

/** An API server never sends Retry-After as a date. */
function seconds(header: string | undefined): number | undefined {
  const value = Number(header);
  return header === undefined || !Number.isFinite(value) ? undefined : value;
}

/** The texts of the headers `Warning: 299 - "text"`. One header may hold several. */
export const warningsOf = (header: string | readonly string[] | undefined): string[] =>
  [header ?? []]
    .flat()
    .flatMap((line) => [...line.matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)])
    .map(([, text = ""]) => text.replaceAll(/\\(.)/g, "$1"));
