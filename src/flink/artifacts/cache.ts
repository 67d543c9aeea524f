import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

/** A folder below the directory for jars. */
export const cacheFolder = ".cache";

const partialSuffix = ".part";
const entryName = /^[0-9a-f]{64}$/;

/**
 * Jars on disk, each under the checksum of its content. Readers verify the checksum, since a crash of the machine may have
 * truncated a file. A file gets its final name when it is complete; partial files are removed at the next start. The least
 * recently used files are evicted first, by their modification times, which survive a restart.
 */
export interface JarCache {
  /** The file of the jar, open for reading. Undefined: it is not cached. */
  find(sha256: string): Promise<FileHandle | undefined>;
  /**
   * Caches the bytes that `write` writes, if it succeeds. Evicts the least recently used jars first. Resolves to false, and
   * writes nothing, if there is no room for that many bytes. Rejects as `write` does.
   */
  add(sha256: string, bytes: number, write: (file: FileHandle) => Promise<void>): Promise<boolean>;
  /** Removes a file with a wrong checksum. */
  remove(sha256: string): Promise<void>;
}

/** Rejects if the directory is not writable. */
export async function openJarCache(directory: string, maxBytes: () => number): Promise<JarCache> {
  const folder = join(directory, cacheFolder);
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (name.endsWith(partialSuffix)) await rm(join(folder, name), { force: true });
  }
  const path = (sha256: string): string => join(folder, sha256);

  /** Bytes that are being written. */
  let pendingBytes = 0;

  /** A removed file can still be read to its end through an open handle. */
  async function makeRoom(): Promise<void> {
    const names = (await readdir(folder)).filter((name) => entryName.test(name));
    const entries = await Promise.all(
      names.map(async (name) => ({ name, ...(await sizeAndUse(path(name))) })),
    );
    let bytes = entries.reduce((sum, { size }) => sum + size, 0);
    for (const { name, size } of entries.sort((a, b) => a.usedAt - b.usedAt)) {
      if (bytes + pendingBytes <= maxBytes()) return;
      await rm(path(name), { force: true });
      bytes -= size;
    }
  }

  await makeRoom();
  return {
    async find(sha256) {
      try {
        const file = await open(path(sha256), "r");
        const now = new Date();
        await utimes(path(sha256), now, now).catch(() => {});
        return file;
      } catch {
        return undefined;
      }
    },
    async add(sha256, bytes, write) {
      if (pendingBytes + bytes > maxBytes()) return false;
      const part = join(folder, `${sha256}.${randomUUID()}${partialSuffix}`);
      pendingBytes += bytes;
      try {
        await makeRoom();
        const file = await open(part, "wx");
        try {
          await write(file);
        } finally {
          await file.close();
        }
        await rename(part, path(sha256));
        return true;
      } finally {
        pendingBytes -= bytes;
        await rm(part, { force: true });
      }
    },
    remove: (sha256) => rm(path(sha256), { force: true }),
  };
}

const sizeAndUse = async (path: string): Promise<{ size: number; usedAt: number }> =>
  stat(path).then(
    ({ size, mtimeMs }) => ({ size, usedAt: mtimeMs }),
    () => ({ size: 0, usedAt: 0 }),
  );
