/** Where a jar can be read from, from any byte on. */
export interface Remote {
  /**
   * Asks for the jar. With an offset: for its rest, if it is still what the validator stands for. Rejects with an
   * ArtifactError.
   */
  get(from: ReadFrom, signal: AbortSignal): Promise<RemoteAnswer>;
}

export interface ReadFrom {
  readonly offset: number;
  /** Of an earlier answer. */
  readonly validator?: string | undefined;
}

export interface RemoteAnswer {
  /** Where the body begins: 0 where the source began anew. */
  readonly offset: number;
  /** Bytes of the whole. */
  readonly size: number | undefined;
  /** Stands for this very content; undefined where the source has none, so that nothing can be resumed. */
  readonly validator: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Does without the body, or the rest of it. */
  discard(): void;
}
