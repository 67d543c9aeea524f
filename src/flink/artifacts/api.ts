/** Access to the jars of session jobs. */
export interface Artifacts {
  /**
   * Starts to fetch a jar. Waits while too many transfers run, and for the first bytes. A jar with a checksum is cached, so
   * this waits for the whole jar. Rejects only with an ArtifactError.
   */
  open(uri: string, request?: ArtifactRequest): Promise<Artifact>;
  /** Closes all connections and aborts the transfers. */
  close(): Promise<void>;
}

export interface ArtifactRequest {
  /** The field that names the jar, for errors. Default: spec.job.jarURI. */
  readonly field?: string;
  /** Fetches from the source also what is kept on disk: it shows that the source has it. */
  readonly fromSource?: true;
  /** Sent only to the host of the URI, not to redirect targets. For https and http. */
  readonly headers?: ReadonlyMap<string, string>;
  readonly signal?: AbortSignal;
}

export interface Artifact {
  /** Ends with `.jar`. */
  readonly name: string;
  /** The size in bytes, if it is known. */
  readonly size: number | undefined;
  /** Can be read once. Throws an ArtifactError if the transfer breaks or the checksum does not match. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Releases the resources of the transfer, at any point of the body. Idempotent. */
  close(): Promise<void>;
}

export type ArtifactErrorCode =
  /** The URI is invalid, or its scheme or host is not allowed. */
  | "not-allowed"
  | "not-found"
  /** The source requires (other) credentials. */
  | "denied"
  /** The source responds, but refuses the request or redirects wrongly. */
  | "refused"
  | "too-large"
  | "wrong-checksum"
  | "not-a-jar"
  | "bad-certificate"
  /** The source does not respond, breaks the connection, or is overloaded. */
  | "unavailable"
  | "deadline";

/** Why a jar could not be fetched, for the author of its URI. Never contains a secret. */
export class ArtifactError extends Error {
  readonly code: ArtifactErrorCode;
  /** Whether a retry is useless until the resource, the source or the operator's configuration changes. */
  readonly permanent: boolean;
  /** Why others may have the jar all the same. Undefined: nobody has it. */
  readonly doubt: "denied" | "unreachable" | undefined;

  constructor(code: ArtifactErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ArtifactError";
    this.code = code;
    this.permanent = code !== "unavailable" && code !== "deadline";
    const isOfCaller = code === "denied" || code === "bad-certificate";
    this.doubt = this.permanent ? (isOfCaller ? "denied" : undefined) : "unreachable";
  }
}
