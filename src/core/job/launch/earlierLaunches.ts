import type { Facts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";

/** So many launches are remembered whose results nobody has removed yet; what is older stays where it is. */
const most = 20;

/** The launch is remembered before anybody could forget it: with the write that says that it happened. */
export function withLaunchRemembered(status: FlinkResourceStatus, launchId: string): FlinkResourceStatus {
  const others = earlierLaunches(status, launchId);
  return { ...status, launches: [...others, launchId].slice(-most) };
}

/** Launches whose results the launch to come removes: all that are remembered but itself. */
export const earlierLaunches = ({ launches = [] }: FlinkResourceStatus, launchId: string): string[] =>
  launches.filter((earlier) => earlier !== launchId);

/** A JobManager that answers has seen the container end that removes what earlier launches left. */
export function withoutCleanedLaunches(status: FlinkResourceStatus, facts: Facts): FlinkResourceStatus {
  const newest = status.launches?.at(-1);
  const isUp = status.jobManagerDeploymentStatus === "READY" && facts.jobManager?.launchId === newest;
  if (newest === undefined || !isUp || status.launches?.length === 1) return status;
  return { ...status, launches: [newest] };
}
