import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

/** Below the directory for jars. */
export const cacheFolder = ".cache";

const unfinished = ".part";
const keptName = /^[0-9a-f]{64}$/;

/**
 * Jars on disk, each under the checksum of its content: what is there is right, or was cut off by a crash of the machine, which
 * whoever reads it finds out by the checksum. A file gets its name when it is whole; what a crash left half is removed
 * at the next start. The least recently used go first, by the files' own times, so that a restart forgets nothing.
 */
export interface JarCache {
  /** The jar's file, open to be read; undefined where it is not kept. */
  find(sha256: string): Promise<FileHandle | undefined>;
  /**
   * Keeps the bytes that `write` writes, once it has succeeded; what was not used for longest makes room for them first.
   * False, and nothing is written, where there is no room for so many. Rejects as `write` does.
   */
  add(sha256: string, bytes: number, write: (file: FileHandle) => Promise<void>): Promise<boolean>;
  /** Of a file that is not what its name says. */
  remove(sha256: string): Promise<void>;
}

/** Rejects where the directory cannot be written. */
export async function openJarCache(directory: string, maxBytes: () => number): Promise<JarCache> {
  const folder = join(directory, cacheFolder);
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (name.endsWith(unfinished)) await rm(join(folder, name), { force: true });
  }
  const path = (sha256: string): string => join(folder, sha256);

  /** Bytes that are being written. */
  let arriving = 0;

  /** Whoever reads a file that is removed reads it to its end. */
  async function makeRoom(): Promise<void> {
    const names = (await readdir(folder)).filter((name) => keptName.test(name));
    const kept = await Promise.all(names.map(async (name) => ({ name, ...(await usage(path(name))) })));
    let bytes = kept.reduce((sum, { size }) => sum + size, 0);
    for (const { name, size } of kept.sort((a, b) => a.usedAt - b.usedAt)) {
      if (bytes + arriving <= maxBytes()) return;
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
      if (arriving + bytes > maxBytes()) return false;
      const part = join(folder, `${sha256}.${randomUUID()}${unfinished}`);
      arriving += bytes;
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
        arriving -= bytes;
        await rm(part, { force: true });
      }
    },
    remove: (sha256) => rm(path(sha256), { force: true }),
  };
}

const usage = async (path: string): Promise<{ size: number; usedAt: number }> =>
  stat(path).then(
    ({ size, mtimeMs }) => ({ size, usedAt: mtimeMs }),
    () => ({ size: 0, usedAt: 0 }),
  );
