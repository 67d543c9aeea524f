/** A request to the API server that did not succeed. */
export class KubeError extends Error {
  /** HTTP status. 0: no complete response (refused, reset, timed out, truncated). */
  readonly status: number;
  /** Status.reason of the response ("NotFound", "AlreadyExists", "Conflict", "Expired", "Invalid", …), or our own word for status 0. */
  readonly reason: string;
  /** Seconds from Retry-After, if the server sent it. */
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
/** For a request to a collection: the server does not serve the type, or denies access to it. */
export const isAbsent = (error: unknown): boolean => isNotFound(error) || isForbidden(error);
export const isConflict = (error: unknown): boolean =>
  isKubeError(error) && error.status === 409 && error.reason === "Conflict";
export const isAlreadyExists = (error: unknown): boolean =>
  isKubeError(error) && error.status === 409 && error.reason === "AlreadyExists";
/** The server does not know the requested resourceVersion any more (or yet). */
export const isExpired = (error: unknown): boolean =>
  isKubeError(error) && (error.status === 410 || error.reason === "Expired");
/** A temporary problem of the server or the network: the same request may succeed later. */
export const isTransient = (error: unknown): boolean =>
  isKubeError(error) && (error.status === 0 || error.status === 429 || error.status >= 500);
