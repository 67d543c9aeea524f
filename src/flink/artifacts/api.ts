/** The port between session jobs and where their jars are. */
export interface Artifacts {
  /**
   * Begins to fetch a jar. Waits where too many are on their way, and for the first bytes; where a checksum lets the jar be
   * kept, for all of it. Rejects with an ArtifactError and nothing else.
   */
  open(uri: string, request?: ArtifactRequest): Promise<Artifact>;
  /** Closes the kept connections; what is on its way is broken off. */
  close(): Promise<void>;
}

export interface ArtifactRequest {
  /** Sent to the host that the URI names and to no other. For https and http. */
  readonly headers?: ReadonlyMap<string, string>;
  readonly signal?: AbortSignal;
}

export interface Artifact {
  /** Ends with `.jar`. */
  readonly name: string;
  /** Bytes, where they are known beforehand. */
  readonly size: number | undefined;
  /** Once. Throws an ArtifactError where not all of it comes, or it is not what its checksum says. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of what the jar needs, wherever its body is. Again and after its end: nothing. */
  close(): Promise<void>;
}

export type ArtifactErrorCode =
  /** The URI is none, or is of a scheme or a host that is not allowed. */
  | "not-allowed"
  | "not-found"
  /** The source wants other credentials, or any. */
  | "denied"
  /** The source is there, and does not want to or leads astray. */
  | "refused"
  | "too-large"
  | "wrong-checksum"
  | "not-a-jar"
  | "bad-certificate"
  /** The source does not answer, breaks off, is overloaded. */
  | "unavailable"
  | "deadline";

/** Why a jar could not be fetched, for whoever wrote its URI. Never has a secret in it. */
export class ArtifactError extends Error {
  readonly code: ArtifactErrorCode;
  /** Whether it will fail again until somebody changes the resource, the source or the operator's configuration. */
  readonly permanent: boolean;

  constructor(code: ArtifactErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ArtifactError";
    this.code = code;
    this.permanent = code !== "unavailable" && code !== "deadline";
  }
}
