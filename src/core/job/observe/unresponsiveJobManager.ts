import type { RestFailure } from "../../../api/flinkFacts.ts";
import { errorTypes } from "../../statusError.ts";
import type { EventIntent } from "../model/decision.ts";
import type { Facts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { report } from "../status/failure.ts";

/**
 * How long a JobManager may not answer before that is reported: one that has answered before, and one that never has.
 */
const GRACE_PERIOD_MS = 60_000;
const START_GRACE_PERIOD_MS = 300_000;
/** The time that a JVM needs to boot. */
const BOOT_MS = 60_000;

const REASON = "NotResponding";

/**
 * A JobManager whose pod is ready but whose REST API does not answer. An accepted connection proves nothing
 * (FLINK-41311). Reported once, with the kind of the first failure.
 */
export function silentJobManager(
  status: FlinkResourceStatus,
  facts: Facts,
  before: FlinkResourceStatus,
  now: number,
): { readonly status: FlinkResourceStatus; readonly events: readonly EventIntent[] } {
  const { flink, jobManagerPods } = facts;
  const failure = flink?.lastFailure;
  if (status.jobManagerDeploymentStatus !== "DEPLOYED_NOT_READY" || failure === undefined)
    return { status, events: [] };
  const bootedAt = jobManagerPods
    .filter(({ ready, deleting }) => ready && !deleting)
    .map(({ runningSince = now }) => runningSince + BOOT_MS);
  const since = Math.max(flink?.failingSince ?? now, Math.min(...bootedAt));
  const hasAnswered = status.clusterInfo?.["flink-version"] !== undefined;
  if (now - since < (hasAnswered ? GRACE_PERIOD_MS : START_GRACE_PERIOD_MS)) return { status, events: [] };
  if (before.error?.includes(`"reason":"${REASON}"`))
    return { status: { ...status, error: before.error }, events: [] };
  return report(
    status,
    errorTypes.deploymentFailed,
    REASON,
    `The JobManager's pod is ready, but its REST API does not answer: ${inWords(failure)}.`,
  );
}

function inWords({ kind, status }: RestFailure): string {
  switch (kind) {
    case "timeout":
      return "requests get no answer in time";
    case "refused":
      return "connections are refused";
    case "broken":
      return "answers break off";
    case "answered":
      return `requests are answered with HTTP status ${status}`;
  }
}
