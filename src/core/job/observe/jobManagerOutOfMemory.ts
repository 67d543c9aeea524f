import { errorTypes } from "../../statusError.ts";
import type { EventIntent } from "../model/decision.ts";
import { type Facts, OUT_OF_MEMORY, type PodFacts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { report } from "../status/failure.ts";

/** How long after an OOM kill a running JobManager is still reported. */
const RECENT_MS = 30 * 60_000;

/** The container was restarted more than once, the last time because it ran out of memory. */
const isKilledAgain = ({ deleting, restarted }: PodFacts, now: number): boolean =>
  !deleting &&
  restarted?.reason === OUT_OF_MEMORY &&
  restarted.restartCount > 1 &&
  now - restarted.at < RECENT_MS;

/**
 * A JobManager that answers again after it ran out of memory more than once. It looks healthy each time, although all
 * its jobs were restarted. One event, whose count grows with the restarts.
 */
export function jobManagerOutOfMemory(
  status: FlinkResourceStatus,
  facts: Facts,
  now: number,
): { readonly status: FlinkResourceStatus; readonly events: readonly EventIntent[] } {
  const pod = facts.jobManagerPods.find((candidate) => isKilledAgain(candidate, now));
  if (pod === undefined || status.jobManagerDeploymentStatus !== "READY") return { status, events: [] };
  const reported = report(
    status,
    errorTypes.deploymentFailed,
    OUT_OF_MEMORY,
    `The JobManager was restarted ${pod.restarted?.restartCount} times, the last time because it used more memory than ` +
      "its limit: give spec.jobManager more.",
  );
  return {
    status: reported.status,
    events: reported.events.map((event) => ({ ...event, key: "JobManager again" })),
  };
}
