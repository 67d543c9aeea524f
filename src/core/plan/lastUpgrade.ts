import type { FlinkResourceStatus } from "../job/model/flinkResource.ts";

/**
 * What the job's last launch took: from the decision to the time when its tasks were at work, in milliseconds. With a
 * savepoint, the job still runs in the first part of it. Undefined: the status does not say.
 */
export function lastUpgradeMs({ decisions, run }: FlinkResourceStatus): number | undefined {
  const newest = decisions?.find(({ launchedAt }) => launchedAt !== undefined);
  const [begun, launched] = [Date.parse(newest?.time ?? ""), Date.parse(newest?.launchedAt ?? "")];
  if (newest?.act === "Launch" || run?.stateSince === undefined || !(run.stateSince >= launched))
    return undefined;
  return run.stateSince - begun;
}

/**
 * For how long the job was down in its newest upgrade of which both ends are known, in milliseconds. Undefined: the status
 * knows of none.
 */
export function lastDowntimeMs({ decisions }: FlinkResourceStatus): number | undefined {
  return (decisions ?? [])
    .map(({ stoppedAt = "", runningAt = "" }) => Date.parse(runningAt) - Date.parse(stoppedAt))
    .find((ms) => ms >= 0);
}
