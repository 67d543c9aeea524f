import { errorTypes } from "../../statusError.ts";
import type { EventIntent } from "../model/decision.ts";
import { type Facts, OUT_OF_MEMORY, type PodFacts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { report } from "../status/failure.ts";

/** So long after a JobManager was killed, what kills it again and again is still told while it runs. */
const RECENT_MS = 30 * 60_000;

/** Killed since its container began to run: for want of memory, and not for the first time. */
const isKilledAgain = ({ deleting, restarted }: PodFacts, now: number): boolean =>
  !deleting &&
  restarted?.reason === OUT_OF_MEMORY &&
  restarted.restartCount > 1 &&
  now - restarted.at < RECENT_MS;

/**
 * A JobManager that is back, and answers, after it ran out of memory more than once: each time it looks healthy, and all
 * its jobs were restarted. One event, whose count grows with the restarts.
 */
export function jobManagerOutOfMemory(
  status: FlinkResourceStatus,
  facts: Facts,
  now: number,
): { readonly status: FlinkResourceStatus; readonly events: readonly EventIntent[] } {
  const pod = facts.jobManagerPods.find((candidate) => isKilledAgain(candidate, now));
  if (pod === undefined || status.jobManagerDeploymentStatus !== "READY") return { status, events: [] };
  const told = report(
    status,
    errorTypes.deploymentFailed,
    OUT_OF_MEMORY,
    `The JobManager was restarted ${pod.restarted?.restartCount} times, the last time because it used more memory than ` +
      "its limit: give spec.jobManager more.",
  );
  return { status: told.status, events: told.events.map((event) => ({ ...event, key: "JobManager again" })) };
}
