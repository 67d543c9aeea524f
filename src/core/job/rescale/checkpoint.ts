import { isAtWork, type OperationStatus } from "../../../api/flinkFacts.ts";
import { deriveTriggerId } from "../../ids.ts";
import type { Outcome, Situation } from "../model/situation.ts";
import { jobOf } from "../observe/observeJob.ts";

/** The pause after a failed checkpoint, in milliseconds. */
const CHECKPOINT_PAUSE_MS = 5_000;
/** How long Flink is left to change the tasks by itself before another checkpoint is taken, in milliseconds. */
const CHECKPOINT_AGAIN_MS = 30_000;

export const checkpointIntent = ({ uid, status, now }: Situation) => ({
  triggerId: deriveTriggerId(`${uid}/rescale`, status.jobStatus?.jobId ?? "", now),
  triggerTimestamp: now,
});

/** Under another trigger id. */
export const anotherCheckpoint = (situation: Situation): Outcome => ({
  status: { ...situation.status, rescale: { ...situation.status.rescale, ...checkpointIntent(situation) } },
  requeueAfterMs: 0,
});

/**
 * The job goes on from its newest checkpoint, however old: without any, Flink 1 begins anew, without an error. Undefined: the
 * checkpoint is complete.
 */
export function checkpointFirst(situation: Situation, pauseMs = CHECKPOINT_PAUSE_MS): Outcome | undefined {
  const { status, facts, now } = situation;
  const { triggerTimestamp = 0 } = status.rescale ?? {};
  switch (answerOf(situation)?.state) {
    case "completed":
      return undefined;
    case "failed": {
      const pause = triggerTimestamp + pauseMs - now;
      return pause > 0 ? { requeueAfterMs: pause } : anotherCheckpoint(situation);
    }
    case "unknown": {
      const job = jobOf(facts, status.jobStatus?.jobId);
      return job !== undefined && isAtWork(job) ? trigger(situation) : {};
    }
    default:
      return followed(situation);
  }
}

/**
 * Flink 2 changes the tasks after a checkpoint that completes once the slots are there, unless its configuration says
 * otherwise.
 */
export function checkpointAgain(situation: Situation): Outcome {
  const { now, status } = situation;
  switch (answerOf(situation)?.state) {
    case "unknown":
      return trigger(situation);
    case "in-progress":
      return followed(situation);
    default: {
      const pause = (status.rescale?.triggerTimestamp ?? 0) + CHECKPOINT_AGAIN_MS - now;
      return pause > 0 ? { requeueAfterMs: pause } : anotherCheckpoint(situation);
    }
  }
}

export const hasFailedCheckpoint = (situation: Situation): boolean => answerOf(situation)?.state === "failed";

const operationOf = ({ status }: Situation) => ({
  kind: "checkpoint" as const,
  jobId: status.jobStatus?.jobId ?? "",
  triggerId: status.rescale?.triggerId ?? "",
});

/** Keeps the answer known. */
export const followed = (situation: Situation): Outcome => ({ follow: { rescale: operationOf(situation) } });

function trigger(situation: Situation): Outcome {
  const { jobId, triggerId } = operationOf(situation);
  return {
    ...followed(situation),
    actions: [{ kind: "trigger-checkpoint", jobId, triggerId, checkpointType: "CONFIGURED" }],
  };
}

function answerOf({ facts, status }: Situation): OperationStatus | undefined {
  const { triggerId = "" } = status.rescale ?? {};
  if (facts.requests?.unsent.has(triggerId)) return { state: "unknown" };
  const operation = facts.operations?.rescale;
  return operation?.operation.triggerId === triggerId ? operation.answer?.status : undefined;
}
