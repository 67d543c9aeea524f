import type { PollPlan } from "../../../api/flinkFacts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
import { endpointAt } from "../model/settings.ts";
import type { Situation } from "../model/situation.ts";

/** What the poller watches of a cluster that is to stand before the old job is stopped: its slots, and whether main fails. */
export function pollOther(
  { facts: { other }, nextSettings }: Situation,
  { warmUpgrade }: FlinkResourceStatus,
): { readonly pollOther?: PollPlan } {
  if (warmUpgrade === undefined || warmUpgrade.savepoint !== undefined || warmUpgrade.failure !== undefined)
    return {};
  if (other?.jobManager === undefined || other.jobManager.deleting || other.restHost === undefined) return {};
  const hasFailed = other.flink?.jobs?.some(({ state }) => state === "FAILED") === true;
  return {
    pollOther: {
      endpoint: endpointAt(other.restHost, nextSettings),
      deploymentUid: other.jobManager.uid,
      pace: "quick",
      intervalMs: nextSettings.reconcileIntervalMs,
      cacheMs: nextSettings.statisticsCacheMs,
      // There is none, unless main has failed: the TaskManagers are asked for as of a session cluster.
      jobId: hasFailed ? warmUpgrade.jobId : undefined,
      want: {
        config: false,
        taskManagers: true,
        checkpoints: false,
        exceptions: false,
        metrics: false,
        jobResult: hasFailed,
        savepoint: undefined,
      },
    },
  };
}
