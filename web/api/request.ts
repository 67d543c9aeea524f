import { type ApiError, CSRF_HEADER } from "../../src/dashboard/contract.ts";

/** An answer that is no success. Its message is a sentence for the reader. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly field: string | undefined;
  constructor(status: number, { message, field }: ApiError) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

/** The status of an answer that did not come. */
export const NO_ANSWER = 0;

interface Write {
  readonly body: unknown;
  readonly csrf: string;
}

export async function request<T>(method: string, url: string, write?: Write): Promise<T> {
  const response = await send(url, {
    method,
    ...(write === undefined
      ? {}
      : {
          body: JSON.stringify(write.body),
          headers: { "content-type": "application/json", [CSRF_HEADER]: write.csrf },
        }),
  });
  return (await response.json()) as T;
}

export async function requestText(url: string): Promise<string> {
  return (await send(url, {})).text();
}

async function send(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch {
    throw new ApiFailure(NO_ANSWER, {
      message: "The dashboard's server does not answer. Check the connection and try again.",
    });
  }
  if (response.ok) return response;
  throw new ApiFailure(response.status, await errorOf(response));
}

/** A proxy in between answers with a page of its own. */
async function errorOf(response: Response): Promise<ApiError> {
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null && typeof (body as ApiError).message === "string")
      return body as ApiError;
  } catch {
    // Not JSON.
  }
  return { message: `The server answered with status ${response.status} and no reason.` };
}
