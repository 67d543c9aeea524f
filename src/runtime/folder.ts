import { type FSWatcher, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import type { Clock } from "./clock.ts";

/** The texts of those files of a folder that are there, by name. Throws where one cannot be read. */
export function readFolder(folder: string, names: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of names) {
    try {
      files.set(name, readFileSync(join(folder, name), "utf8"));
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }
  return files;
}

const isAbsent = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

export interface FolderWatchOptions {
  readonly folders: readonly string[];
  readonly clock: Clock;
  /** How often to look whatever the watch says: some file systems tell nothing. In milliseconds. */
  everyMs(): number;
  /** Something may have changed. */
  onChange(): void;
}

/** A writer that is not done yet is waited for. */
const settleMs = 50;

/**
 * Tells of changes in folders. A mounted ConfigMap changes by one swap of the link `..data`, so what is watched is
 * the folder and not its files. Ends with the returned function, and keeps no process alive.
 */
export function watchFolders({ folders, clock, everyMs, onChange }: FolderWatchOptions): () => void {
  const watchers: FSWatcher[] = [];
  let cancelSettling: (() => void) | undefined;
  let cancelLook: () => void = () => {};

  function changed(): void {
    cancelSettling ??= clock.after(settleMs, () => {
      cancelSettling = undefined;
      onChange();
    });
  }

  function lookAgain(): void {
    cancelLook = clock.after(everyMs(), () => {
      onChange();
      lookAgain();
    });
  }

  for (const folder of folders) {
    try {
      // An error ends the watch (the folder went away, say); looking from time to time goes on.
      watchers.push(watch(folder, { persistent: false }, changed).on("error", changed));
    } catch {
      // No such folder yet, or no more watches to be had: looking from time to time has to do.
    }
  }
  lookAgain();
  return () => {
    cancelSettling?.();
    cancelLook();
    for (const watcher of watchers) watcher.close();
  };
}
