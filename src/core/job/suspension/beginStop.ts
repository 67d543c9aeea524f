import { deriveTriggerId } from "../../ids.ts";
import type { Outcome, Situation } from "../model/situation.ts";
import { withJob } from "../status/status.ts";

/**
 * The intent to stop the job with a savepoint, under a trigger id that Flink receives. stopInProgress.ts carries it
 * out.
 */
export function beginStop(situation: Situation): Outcome {
  const pause = pauseAfterFailedStop(situation);
  return pause > 0
    ? { waitsFor: "the last savepoint failed, and the next is tried in a while", requeueAfterMs: pause }
    : { status: stopIntended(situation), requeueAfterMs: 0 };
}

/** A failing savepoint delays the job each time, so it is retried once per reconcile interval. */
function pauseAfterFailedStop({ status, settings, now }: Situation): number {
  const info = status.jobStatus?.savepointInfo;
  if (info?.triggerId !== undefined || info?.triggerTimestamp === undefined || info.triggerType !== undefined)
    return 0;
  return info.triggerTimestamp + settings.reconcileIntervalMs - now;
}

function stopIntended({ status, settings, uid, now }: Situation) {
  const jobId = status.jobStatus?.jobId ?? "";
  return withJob(
    { ...status, error: undefined },
    {
      savepointInfo: {
        ...status.jobStatus?.savepointInfo,
        triggerId: deriveTriggerId(uid, jobId, now),
        triggerTimestamp: now,
        triggerType: "UPGRADE",
        formatType: settings.savepointFormat,
      },
    },
  );
}
