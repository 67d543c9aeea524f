import type { FileHandle } from "node:fs/promises";
import type { ArtifactSettings } from "../../api/artifactSettings.ts";
import { ArtifactError } from "./api.ts";
import type { Begun } from "./begun.ts";
import { type JarCache, openJarCache } from "./cache.ts";
import { begin, checked, type Expected, type Transfer, whole, withRetries } from "./transfer.ts";

/** Jars whose content is known beforehand come from disk, and are fetched once for all who want them. */
export interface Keeper {
  /** The jar as it is on disk, put there first if need be; undefined where it is none that is kept. */
  kept(transfer: Transfer, expected: Expected): Promise<Begun | undefined>;
}

export function createKeeper(
  settings: () => ArtifactSettings,
  onUncached?: (error: unknown) => void,
): Keeper {
  const caches = new Map<string, Promise<JarCache | undefined>>();
  /** Jars on their way to the disk, by checksum. */
  const arriving = new Map<string, Promise<boolean>>();

  function cacheIn(directory: string): Promise<JarCache | undefined> {
    const known = caches.get(directory);
    if (known !== undefined) return known;
    const opening = openJarCache(directory, () => settings().cacheBytes).catch((error: unknown) => {
      onUncached?.(error);
      return undefined;
    });
    caches.set(directory, opening);
    return opening;
  }

  // At the start, so that what a crash left half goes.
  if (settings().cacheBytes > 0) void cacheIn(settings().directory);

  const fetchInto = (
    cache: JarCache,
    sha256: string,
    transfer: Transfer,
    expected: Expected,
  ): Promise<boolean> =>
    withRetries(transfer.retries, transfer.signal, async () => {
      const first = await begin(transfer, expected);
      try {
        // Of a jar whose size is not known nobody can say whether there is room.
        if (first.size === undefined) return false;
        return await cache.add(sha256, first.size, async (file) => {
          for await (const chunk of checked(whole(first, transfer), expected)) await file.writeFile(chunk);
        });
      } finally {
        first.discard();
      }
    });

  /** Whether the jar is on disk now. */
  async function arrive(
    cache: JarCache,
    sha256: string,
    transfer: Transfer,
    expected: Expected,
  ): Promise<boolean> {
    const other = arriving.get(sha256);
    // Its trouble may be its own: a deadline, headers that are not ours.
    if (other !== undefined && (await unlessAborted(other, transfer.signal).catch(() => false))) return true;
    const coming = fetchInto(cache, sha256, transfer, expected);
    arriving.set(sha256, coming);
    try {
      return await coming;
    } catch (error) {
      if (error instanceof ArtifactError || transfer.signal.aborted) throw error;
      // The disk is at fault, and the source is not.
      onUncached?.(error);
      return false;
    } finally {
      if (arriving.get(sha256) === coming) arriving.delete(sha256);
    }
  }

  return {
    async kept(transfer, expected) {
      const { cacheBytes, directory } = settings();
      const { sha256 } = expected;
      if (sha256 === undefined || cacheBytes <= 0) return undefined;
      const cache = await cacheIn(directory);
      if (cache === undefined) return undefined;
      let file = await cache.find(sha256);
      if (file === undefined && (await arrive(cache, sha256, transfer, expected)))
        file = await cache.find(sha256);
      return file && fromDisk(file, () => cache.remove(sha256), expected);
    },
  };
}

async function fromDisk(file: FileHandle, remove: () => Promise<void>, expected: Expected): Promise<Begun> {
  const { size } = await file.stat();
  const stream = file.createReadStream({ highWaterMark: 256 * 1_024 });
  const body = (async function* () {
    try {
      yield* checked(stream, expected);
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      await remove();
      throw new ArtifactError("unavailable", `${expected.said} was damaged on the operator's disk`, {
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
