import { redactSecrets } from "../../api/redact.ts";
import { isKubeError, type KubeError } from "../../kube/errors.ts";
import type { ApiError } from "../contract.ts";

/** An answer that is no success. Its message goes to the caller. */
export class HttpError extends Error {
  readonly status: number;
  readonly field: string | undefined;

  constructor(status: number, message: string, field?: string) {
    super(message);
    this.name = "HttpError";
    this.status = status;
    this.field = field;
  }
}

/** The answer of the API server is 401. */
export const LOGIN_OVER = "The API server does not accept your login any more: sign in again.";

/** What the API server answers to a caller, as an answer of ours. Undefined for an error of this program. */
export function asHttpError(error: unknown): HttpError | undefined {
  if (error instanceof HttpError) return error;
  if (!isKubeError(error)) return undefined;
  const { status } = error;
  if (status === 401) return new HttpError(401, LOGIN_OVER);
  if (status === 0 || status >= 500)
    return new HttpError(502, `The API server does not answer as it should: ${cause(error)}.`);
  return new HttpError(status, sentence(cause(error)));
}

/** Without the request, which `describe` of the transport appends. */
const cause = ({ message }: KubeError): string =>
  redactSecrets(message)
    .replace(/ \((?:GET|POST|PUT|PATCH|DELETE|WATCH) \S+\)$/, "")
    .replace(/\.$/, "");

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

export const bodyOf = ({ message, field }: HttpError): ApiError => ({
  message,
  ...(field === undefined ? {} : { field }),
});
