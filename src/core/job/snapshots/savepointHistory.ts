import type { Savepoint, SavepointInfo } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Settings } from "../model/settings.ts";

/** The maximum size of the history in the status, even if the cleanup fails. */
const MOST = 100;

/** The history with one more entry. Drops surplus entries here, unless the cleanup disposes of them first. */
export const withEntry = (
  info: SavepointInfo | undefined,
  savepoint: Savepoint,
  { savepointCleanup, savepointHistory }: Pick<Settings, "savepointCleanup" | "savepointHistory">,
  now: number,
): Savepoint[] => {
  const history = [...(info?.savepointHistory ?? []), savepoint];
  return savepointCleanup ? history.slice(-MOST) : boundedHistory(history, savepointHistory, now);
};

/**
 * The savepoints that stay in the status: not too many, not too old, and always the newest, which is the last.
 * Dropped entries are only forgotten; their data is not deleted.
 */
export const boundedHistory = (
  savepoints: readonly Savepoint[],
  { maxCount, maxAgeMs }: Settings["savepointHistory"],
  now: number,
): Savepoint[] => {
  const kept = savepoints.slice(-Math.max(1, maxCount));
  return kept.filter(
    ({ timeStamp }, index) => index === kept.length - 1 || now - (timeStamp ?? 0) <= maxAgeMs,
  );
};
