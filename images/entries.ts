/** Creates tar entries from files on disk, in a fixed order. */
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { TarEntry } from "./tar.ts";

export interface Owner {
  uid: number;
  gid: number;
}

export const root: Owner = { uid: 0, gid: 0 };
export const flink: Owner = { uid: 9999, gid: 9999 };

export function directory(path: string, owner: Owner, mode = 0o755): TarEntry {
  return { type: "dir", path, mode, ...owner };
}

export function bytes(path: string, content: string | Buffer, owner: Owner, mode = 0o644): TarEntry {
  return { type: "file", path, mode, ...owner, content: Buffer.from(content) };
}

/** A file that is read when the archive is written. */
export async function file(path: string, source: string, owner: Owner, mode = 0o644): Promise<TarEntry> {
  return { type: "file", path, mode, ...owner, content: { file: source, size: (await lstat(source)).size } };
}

/** A small file that is read now. */
export async function smallFile(path: string, source: string, owner: Owner, mode = 0o644): Promise<TarEntry> {
  return bytes(path, await readFile(source), owner, mode);
}

/**
 * A folder with all files below it. Modes are reduced to executable or not, so that the builder's umask does not affect the
 * digest.
 */
export async function tree(path: string, source: string, owner: Owner): Promise<TarEntry[]> {
  const entries = [directory(path, owner)];
  const names = await readdir(source);
  for (const name of names.sort()) {
    const from = join(source, name);
    const to = `${path}/${name}`;
    const stat = await lstat(from);
    if (stat.isDirectory()) {
      entries.push(...(await tree(to, from, owner)));
    } else if (stat.isSymbolicLink()) {
      entries.push({ type: "symlink", path: to, mode: 0o777, ...owner, target: await readlink(from) });
    } else {
      const mode = (stat.mode & 0o100) === 0 ? 0o644 : 0o755;
      entries.push({ type: "file", path: to, mode, ...owner, content: { file: from, size: stat.size } });
    }
  }
  return entries;
}
