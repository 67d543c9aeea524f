import { type FSWatcher, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import type { Clock } from "./clock.ts";

/** The contents of the existing files of a folder, by name. Throws if one cannot be read. */
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
  /** The poll interval in milliseconds, since some file systems deliver no watch events. */
  pollIntervalMs(): number;
  /** Called when a file may have changed. */
  onChange(): void;
}

/** Waits for a writer to finish. */
const debounceMs = 50;

/**
 * Watches folders for changes. The kubelet updates a mounted ConfigMap by replacing the link `..data`, so the folder is
 * watched and not its files. The returned function stops the watch, which does not keep the process alive.
 */
export function watchFolders({ folders, clock, pollIntervalMs, onChange }: FolderWatchOptions): () => void {
  const watchers: FSWatcher[] = [];
  let cancelDebounce: (() => void) | undefined;
  let cancelPoll: () => void = () => {};

  function changed(): void {
    cancelDebounce ??= clock.after(debounceMs, () => {
      cancelDebounce = undefined;
      onChange();
    });
  }

  function schedulePoll(): void {
    cancelPoll = clock.after(pollIntervalMs(), () => {
      onChange();
      schedulePoll();
    });
  }

  for (const folder of folders) {
    try {
      // An error ends the watch (for example, the folder was deleted). Polling continues.
      watchers.push(watch(folder, { persistent: false }, changed).on("error", changed));
    } catch {
      // The folder does not exist yet, or the limit of watches is reached: polling continues.
    }
  }
  schedulePoll();
  return () => {
    cancelDebounce?.();
    cancelPoll();
    for (const watcher of watchers) watcher.close();
  };
}
