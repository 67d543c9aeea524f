/** A source of a jar that can be read from any offset. */
export interface Remote {
  /**
   * Requests the jar. With an offset, requests the rest of it if the validator still matches. Rejects with an
   * ArtifactError.
   */
  get(from: ReadFrom, signal: AbortSignal): Promise<RemoteAnswer>;
}

export interface ReadFrom {
  readonly offset: number;
  /** The validator of an earlier answer. */
  readonly validator?: string | undefined;
}

export interface RemoteAnswer {
  /** The offset of the body. 0: the source sends the whole jar. */
  readonly offset: number;
  /** The size of the whole jar in bytes. */
  readonly size: number | undefined;
  /** Identifies this content (ETag or Last-Modified). Undefined: the source has none, so a transfer cannot be resumed. */
  readonly validator: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Discards the body, or the rest of it. */
  discard(): void;
}
