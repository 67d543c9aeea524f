import type { Facts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";

/** The maximum number of launches to remember whose results are not removed yet. Results of older launches stay. */
const most = 20;

/** The status write that records the launch also records its id, so that it cannot be forgotten. */
export function withLaunchRemembered(status: FlinkResourceStatus, launchId: string): FlinkResourceStatus {
  const others = earlierLaunches(status, launchId);
  return { ...status, launches: [...others, launchId].slice(-most) };
}

/** The launches whose results the next launch removes: all recorded ones except itself. */
export const earlierLaunches = ({ launches = [] }: FlinkResourceStatus, launchId: string): string[] =>
  launches.filter((earlier) => earlier !== launchId);

/**
 * When a JobManager answers, its container has removed the results of earlier launches: it did so before Flink started. One that stood
 * before its job has removed none, and they stay.
 */
export function withoutCleanedLaunches(status: FlinkResourceStatus, facts: Facts): FlinkResourceStatus {
  const newest = status.launches?.at(-1);
  const isUp = status.jobManagerDeploymentStatus === "READY" && facts.jobManager?.launchId === newest;
  if (newest === undefined || !isUp || status.launches?.length === 1) return status;
  return { ...status, launches: [newest] };
}
