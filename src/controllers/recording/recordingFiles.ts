import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../telemetry/log.ts";
import { formatRecording, type PassRecorder } from "./passRecorder.ts";

export interface RecordingFilesOptions {
  readonly passes: PassRecorder;
  /** Undefined: no files are written. */
  directory(): string | undefined;
  readonly clock: Pick<Clock, "after">;
  readonly log: Logger;
}

/** Passes that follow each other are written together, after so many milliseconds. */
const DELAY_MS = 5_000;
/** With more files, those that were written longest ago go. */
const MAX_FILES = 500;

/**
 * The recorder, which also writes the passes of each resource to a file of a directory: NAMESPACE.NAME.json. They outlive the process,
 * and the resource. Writing happens in the background; a failure is logged and stops nothing.
 */
export function withFiles({ passes, directory, clock, log }: RecordingFilesOptions): PassRecorder {
  const changed = new Set<string>();
  let isWaiting = false;

  function written(): void {
    isWaiting = false;
    const names = [...changed];
    changed.clear();
    const folder = directory();
    if (folder === undefined) return;
    writeAll(passes, folder, names).catch((error: unknown) =>
      log.warn({ error, folder }, "Recorded passes cannot be written"),
    );
  }

  return {
    record(kind, input, decision, failure) {
      try {
        passes.record(kind, input, decision, failure);
      } catch (error) {
        // A reconcile goes on without its recording.
        log.warn({ error }, "A pass cannot be recorded");
      }
      if (directory() === undefined) return;
      const { namespace = "", name } = input.resource.metadata;
      changed.add(`${namespace}/${name}`);
      if (isWaiting) return;
      isWaiting = true;
      clock.after(DELAY_MS, written);
    },
    remove: passes.remove,
    recording: passes.recording,
    get size() {
      return passes.size;
    },
  };
}

async function writeAll(
  passes: Pick<PassRecorder, "recording">,
  folder: string,
  keys: readonly string[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const key of keys) {
    const [namespace = "", name = ""] = key.split("/", 2);
    const recording = passes.recording({ namespace, name });
    // It is gone meanwhile: the file keeps what was written before.
    if (recording.passes.length === 0) continue;
    const path = join(folder, `${namespace}.${name}.json`);
    await writeFile(`${path}.new`, formatRecording(recording), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
  await removeOldest(folder);
}

async function removeOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  if (names.length <= MAX_FILES) return;
  const files = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  const old = files.sort((one, other) => other.at - one.at).slice(MAX_FILES);
  for (const { name } of old) await rm(join(folder, name), { force: true });
}
