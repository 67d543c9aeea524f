import { createHash } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubeObject } from "../../api/kubernetes.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { PassRecorder } from "./passRecorder.ts";

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
  let writing = Promise.resolve();

  function written(): void {
    isWaiting = false;
    const names = [...changed];
    changed.clear();
    const folder = directory();
    if (folder === undefined) return;
    const failed = (error: unknown) => log.warn({ error, folder }, "Recorded passes cannot be written");
    // One after the other: they write the same files.
    writing = writing.then(() => writeAll(passes, folder, names, failed)).catch(failed);
  }

  function guarded(record: () => void): void {
    try {
      record();
    } catch (error) {
      // A reconcile goes on without its recording.
      log.warn({ error }, "A pass cannot be recorded");
    }
  }

  function writeSoon({ metadata: { namespace = "", name } }: KubeObject): void {
    if (directory() === undefined) return;
    changed.add(`${namespace}/${name}`);
    if (isWaiting) return;
    isWaiting = true;
    clock.after(DELAY_MS, written);
  }

  return {
    config: passes.config,
    record(kind, input, decision, failure, config) {
      guarded(() => passes.record(kind, input, decision, failure, config));
      writeSoon(input.resource);
    },
    recordText(kind, resource, textOf, failure, config) {
      const text = () => {
        const made = textOf();
        if (made !== undefined) writeSoon(resource);
        return made;
      };
      guarded(() => passes.recordText(kind, resource, text, failure, config));
    },
    remove: passes.remove,
    trim: passes.trim,
    read: passes.read,
    get size() {
      return passes.size;
    },
  };
}

async function writeAll(
  passes: Pick<PassRecorder, "read">,
  folder: string,
  keys: readonly string[],
  onError: (error: unknown) => void,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const key of keys) {
    const [namespace = "", name = ""] = key.split("/", 2);
    // A file that cannot be written takes no other along.
    await writeOne(passes, join(folder, fileNameOf(namespace, name)), { namespace, name }).catch(onError);
  }
  await removeOldest(folder);
}

async function writeOne(
  recorder: Pick<PassRecorder, "read">,
  path: string,
  of: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const { passes, parts } = recorder.read(of);
  // It is gone meanwhile: the file keeps what was written before.
  if (passes === 0) return;
  try {
    await writeFile(`${path}.new`, parts, { mode: 0o600 });
    await rename(`${path}.new`, path);
  } catch (error) {
    await rm(`${path}.new`, { force: true });
    throw error;
  }
}

/** Of a file's name, of which file systems take 255 bytes, with what is put behind it. */
const MAX_NAME = 200;

function fileNameOf(namespace: string, name: string): string {
  const whole = `${namespace}.${name}`;
  if (whole.length <= MAX_NAME) return `${whole}.json`;
  const hash = createHash("sha256").update(whole).digest("hex").slice(0, 16);
  return `${whole.slice(0, MAX_NAME)}-${hash}.json`;
}

async function removeOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  if (names.length <= MAX_FILES) return;
  const files: { readonly path: string; readonly at: number }[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const found = await stat(path);
    if (found.isFile() && (await isRecording(path))) files.push({ path, at: found.mtimeMs });
  }
  const old = files.sort((one, other) => other.at - one.at).slice(MAX_FILES);
  for (const { path } of old) await rm(path, { force: true });
}

/** How each recording begins. */
const BEGINNING = '{"format":1,"operatorVersion":';

/** Whatever else somebody keeps in the folder stays. */
async function isRecording(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(BEGINNING.length), 0, BEGINNING.length, 0);
    return buffer.toString("latin1") === BEGINNING;
  } finally {
    await file.close();
  }
}
