import type { FlinkStateSnapshotStatus } from "../../api/v1beta1/flinkstatesnapshot.ts";
import type { Reason } from "../reasons.ts";
import { errorTypes, formatStatusError } from "../statusError.ts";
import type { Outcome } from "./decision.ts";
import { errorReason, isCheckpoint, isoTime, type Situation, snapshotEvent } from "./situation.ts";

/** The pause between two attempts: 10 s, 20 s, 40 s, … (REFERENCE 1.11), at most an hour. */
export const retryPauseMs = (failures: number): number =>
  Math.min(10_000 * 2 ** Math.max(0, failures - 1), 3_600_000);

export function completed({ status, now }: Situation, path: string, events: Outcome["events"] = []): Outcome {
  const { error: _, ...rest } = status;
  return {
    status: { ...rest, state: "COMPLETED", path, resultTimestamp: isoTime(now) },
    events,
    requeueAfterMs: 0,
  };
}

/** The attempt failed: another one follows after a pause, until the limit is reached. */
export function attemptFailed(situation: Situation, cause: string): Outcome {
  const { status, resource, now } = situation;
  const { backoffLimit = -1 } = resource.spec;
  const failures = (status.failures ?? 0) + 1;
  const final = backoffLimit >= 0 && failures > backoffLimit;
  const what = isCheckpoint(situation) ? "Checkpoint" : "Savepoint";
  const message = `${what} attempt ${failures} failed${final ? ", and was the last" : ""}: ${cause}`;
  const { triggerId: _, ...rest } = status;
  return {
    status: {
      ...rest,
      state: final ? "FAILED" : "TRIGGER_PENDING",
      failures,
      error: errorOf(message, errorReason(situation)),
      resultTimestamp: isoTime(now),
    },
    events: [snapshotEvent("Warning", errorReason(situation), message)],
    requeueAfterMs: final ? 0 : retryPauseMs(failures),
  };
}

export function abandoned(situation: Situation, why: string): Outcome {
  const message = `The snapshot is given up: ${why}.`;
  const status: FlinkStateSnapshotStatus = {
    ...situation.status,
    state: "ABANDONED",
    error: errorOf(message, "SnapshotAbandoned"),
    resultTimestamp: isoTime(situation.now),
  };
  return { status, events: [snapshotEvent("Warning", "SnapshotAbandoned", message)], requeueAfterMs: 0 };
}

export const errorOf = (message: string, reason: Reason, type: string = errorTypes.reconciliation): string =>
  formatStatusError({ type, message, reason });
