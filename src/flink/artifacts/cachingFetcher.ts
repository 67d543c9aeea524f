import type { FileHandle } from "node:fs/promises";
import type { ArtifactSettings } from "../../api/artifactSettings.ts";
import { ArtifactError } from "./api.ts";
import { type JarCache, openJarCache } from "./cache.ts";
import type { OpenJar } from "./openJar.ts";
import {
  type Expected,
  openTransfer,
  resumingBody,
  type Transfer,
  verified,
  withRetries,
} from "./transfer.ts";

/** Caches jars with a known checksum on disk. Concurrent requests for the same jar share one transfer. */
export interface CachingFetcher {
  /** The jar from the cache, fetched into it first if it is missing. Undefined: this jar is not cached. */
  fromCache(transfer: Transfer, expected: Expected): Promise<OpenJar | undefined>;
}

export function createCachingFetcher(
  settings: () => ArtifactSettings,
  onCacheError?: (error: unknown) => void,
): CachingFetcher {
  const caches = new Map<string, Promise<JarCache | undefined>>();
  /** Transfers into the cache, by checksum. */
  const inFlight = new Map<string, Promise<boolean>>();

  function cacheIn(directory: string): Promise<JarCache | undefined> {
    const known = caches.get(directory);
    if (known !== undefined) return known;
    const opening = openJarCache(directory, () => settings().cacheBytes).catch((error: unknown) => {
      onCacheError?.(error);
      return undefined;
    });
    caches.set(directory, opening);
    return opening;
  }

  // Opened at the start, to remove partial files of a crash.
  if (settings().cacheBytes > 0) void cacheIn(settings().directory);

  const fetchIntoCache = (
    cache: JarCache,
    sha256: string,
    transfer: Transfer,
    expected: Expected,
  ): Promise<boolean> =>
    withRetries(transfer.retries, transfer.signal, async () => {
      const first = await openTransfer(transfer, expected);
      try {
        // Without the size it is unknown whether there is room.
        if (first.size === undefined) return false;
        return await cache.add(sha256, first.size, async (file) => {
          for await (const chunk of verified(resumingBody(first, transfer), expected))
            await file.writeFile(chunk);
        });
      } finally {
        first.discard();
      }
    });

  /** Fetches the jar into the cache if necessary. Resolves to whether it is cached now. */
  async function ensureCached(
    cache: JarCache,
    sha256: string,
    transfer: Transfer,
    expected: Expected,
  ): Promise<boolean> {
    const other = inFlight.get(sha256);
    // If the other transfer fails, ours may still succeed: it has its own deadline and headers.
    if (other !== undefined && (await unlessAborted(other, transfer.signal).catch(() => false))) return true;
    const fetching = fetchIntoCache(cache, sha256, transfer, expected);
    inFlight.set(sha256, fetching);
    try {
      return await fetching;
    } catch (error) {
      if (error instanceof ArtifactError || transfer.signal.aborted) throw error;
      // An error of the disk, not of the source.
      onCacheError?.(error);
      return false;
    } finally {
      if (inFlight.get(sha256) === fetching) inFlight.delete(sha256);
    }
  }

  return {
    async fromCache(transfer, expected) {
      const { cacheBytes, directory } = settings();
      const { sha256 } = expected;
      if (sha256 === undefined || cacheBytes <= 0) return undefined;
      const cache = await cacheIn(directory);
      if (cache === undefined) return undefined;
      let file = await cache.find(sha256);
      if (file === undefined && (await ensureCached(cache, sha256, transfer, expected)))
        file = await cache.find(sha256);
      return file && fromDisk(file, () => cache.remove(sha256), expected);
    },
  };
}

async function fromDisk(file: FileHandle, remove: () => Promise<void>, expected: Expected): Promise<OpenJar> {
  const { size } = await file.stat();
  const stream = file.createReadStream({ highWaterMark: 256 * 1_024 });
  const body = (async function* () {
    try {
      yield* verified(stream, expected);
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      await remove();
      throw new ArtifactError("unavailable", `${expected.label} was damaged on the operator's disk`, {
        cause: error,
      });
    }
  })();
  return {
    size,
    body,
    async close() {
      stream.destroy();
      await file.close();
    },
  };
}

const unlessAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  Promise.race([
    promise,
    new Promise<never>((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    }),
  ]);
