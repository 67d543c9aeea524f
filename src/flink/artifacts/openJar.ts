/** A jar that is being read, from its source or from the cache. */
export interface OpenJar {
  readonly size: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}
