import type { Restored } from "../journal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Storage } from "./storage.ts";

export type FoundState =
  | { by: Restored["by"]; snapshot: Snapshot }
  | { by: "nothing" }
  /** There is no snapshot at the given path: the job fails. */
  | { by: "savepoint-path" | "high-availability"; missing: string };

export const describeState = (state: FoundState): Restored => ({
  count: "snapshot" in state ? state.snapshot.count : 0,
  from:
    "snapshot" in state ? state.snapshot.path : "missing" in state ? `missing ${state.missing}` : "nothing",
  by: state.by,
});

/** The failure of a job whose snapshot to restore does not exist. */
export const missingState = (path: string): string =>
  `java.io.FileNotFoundException: Cannot find checkpoint or savepoint file/directory '${path}'`;

/**
 * The state that a job starts from. Checkpoints in the high-availability data take precedence over the configured path,
 * which is then not read: so a dummy path means "only from high-availability data".
 */
export const findState = (
  storage: Storage,
  checkpoints: readonly string[],
  savepointPath: string | undefined,
): FoundState => {
  const newest = checkpoints.at(-1);
  if (newest !== undefined) {
    const snapshot = storage.snapshot(newest);
    return snapshot === undefined
      ? { by: "high-availability", missing: newest }
      : { by: "high-availability", snapshot };
  }
  if (savepointPath === undefined || savepointPath === "") return { by: "nothing" };
  const snapshot = storage.snapshot(savepointPath);
  return snapshot === undefined
    ? { by: "savepoint-path", missing: savepointPath }
    : { by: "savepoint-path", snapshot };
};
