import type { Savepoint } from "../../api/v1beta1/flinkdeployment.ts";
import type { Settings } from "./settings.ts";

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
