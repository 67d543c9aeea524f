/** A request to the API server that did not succeed. */
export class KubeError extends Error {
  /** HTTP status; 0 where no answer came (refused, reset, timed out, truncated). */
  readonly status: number;
  /** Status.reason of the answer ("NotFound", "AlreadyExists", "Conflict", "Expired", "Invalid", …), or a short word of ours for status 0. */
  readonly reason: string;
  /** Seconds from Retry-After, where the server sent it. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    reason: string,
    message: string,
    options: { cause?: unknown; retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "KubeError";
    this.status = status;
    this.reason = reason;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export const isKubeError = (error: unknown): error is KubeError => error instanceof KubeError;
export const isNotFound = (error: unknown): boolean => isKubeError(error) && error.status === 404;
export const isForbidden = (error: unknown): boolean => isKubeError(error) && error.status === 403;
/** Of a whole type: the server does not have it, or does not let us see it. */
export const isAbsent = (error: unknown): boolean => isNotFound(error) || isForbidden(error);
export const isConflict = (error: unknown): boolean =>
  isKubeError(error) && error.status === 409 && error.reason === "Conflict";
export const isAlreadyExists = (error: unknown): boolean =>
  isKubeError(error) && error.status === 409 && error.reason === "AlreadyExists";
/** The resourceVersion asked for is no longer (or not yet) known to the server. */
export const isExpired = (error: unknown): boolean =>
  isKubeError(error) && (error.status === 410 || error.reason === "Expired");
/** The server, or the way to it, is in trouble: the same request may well succeed later. */
export const isTransient = (error: unknown): boolean =>
  isKubeError(error) && (error.status === 0 || error.status === 429 || error.status >= 500);
