/** A jar whose transfer has begun: from its source, or from the cache. */
export interface Begun {
  readonly size: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}
