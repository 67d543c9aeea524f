import type { Savepoint, SavepointInfo } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Settings } from "../model/settings.ts";

/** More the status does not name, whatever keeps the clean-up from its work. */
const MOST = 100;

/** The history with one more. What is too much is forgotten here, unless the clean-up is to dispose of it first. */
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
 * The savepoints that the status still names: not too many, not too old, and always the newest, which is the last.
 * What falls out of the list stays where it is: this forgets a savepoint, and deletes none.
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
