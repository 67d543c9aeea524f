import type { SnapshotKind } from "../../../api/v1beta1/flinkdeployment.ts";
import { deriveTriggerId } from "../../ids.ts";
import { oldestWithCheckpoints } from "../../validate/validateFlinkStateSnapshot.ts";
import type { EventIntent } from "../model/decision.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { allTasksRun, jobOf } from "../observe/observeJob.ts";
import { isBeingStopped } from "../status/beingStopped.ts";
import {
  createSnapshot,
  lastPeriodic,
  nonceFields,
  nonceOf,
  snapshotKindsOfJob,
  triggerInfoOf,
  usesResources,
  withLastPeriodic,
  withTriggerInfo,
} from "./requestedSnapshots.ts";

/** A new nonce, or an elapsed period, requests a snapshot of the running job (REFERENCE 1.10). */
export const takeSnapshots: Step = (situation) => {
  if (!canBeSnapshot(situation)) return undefined;
  for (const kind of snapshotKindsOfJob) {
    if (triggerInfoOf(situation.status, kind)?.triggerType !== undefined) continue;
    // The nonce of an edit counts once the edit is deployed.
    const requested = isDeployed(situation) ? manual(situation, kind) : undefined;
    const outcome = requested ?? periodic(situation, kind);
    if (outcome !== undefined) return outcome;
  }
  return undefined;
};

/**
 * As deployed, or as long as slots for another parallelism are missing, running, with all its tasks: otherwise Flink would refuse
 * the snapshot or it would soon be useless.
 */
function canBeSnapshot(situation: Situation): boolean {
  const { status, facts } = situation;
  const { state, jobId } = status.jobStatus ?? {};
  if (state !== "RUNNING" || status.reconciliationStatus?.state !== "DEPLOYED") return false;
  if (!isDeployed(situation) && status.rescale?.givenUpTime === undefined) return false;
  if (isBeingStopped(status)) return false;
  const job = jobOf(facts, jobId);
  return job?.state === "RUNNING" && allTasksRun(job);
}

const isDeployed = ({ diff }: Situation): boolean => diff?.type === "IGNORE";

function manual(situation: Situation, kind: SnapshotKind): Outcome | undefined {
  const nonce = nonceOf(situation, kind);
  if (nonce === undefined || nonce === situation.deployed?.spec.job?.[nonceFields[kind]]) return undefined;
  if (isTooOld(situation, kind)) return { events: [tooOld(nonceFields[kind])], othersMayAct: true };
  return intend(situation, kind, "MANUAL");
}

function periodic(situation: Situation, kind: SnapshotKind): Outcome | undefined {
  const { status, settings, now } = situation;
  const schedule = settings.periodic[kind];
  const due = schedule?.dueAt(lastPeriodic(situation, kind), now);
  if (due === undefined) return undefined;
  if (isTooOld(situation, kind)) return { events: [tooOld(`periodic.${kind}.interval`)], othersMayAct: true };
  if (!usesResources(situation)) return intend(situation, kind, "PERIODIC");
  return {
    actions: [createSnapshot(situation, { kind, triggerType: "PERIODIC", at: due })],
    status: withLastPeriodic(status, kind, due),
    requeueAfterMs: 0,
  };
}

/**
 * Writes the intent first: the time names the resource to create or, without resources, Flink gets the trigger id. A
 * failed snapshot is not retried at once.
 */
function intend(situation: Situation, kind: SnapshotKind, triggerType: "MANUAL" | "PERIODIC"): Outcome {
  const { status, settings, uid, now } = situation;
  const failedAt = triggerInfoOf(status, kind)?.triggerTimestamp;
  const pause = failedAt === undefined ? 0 : failedAt + settings.progressCheckIntervalMs - now;
  if (pause > 0) return { requeueAfterMs: pause, othersMayAct: true };
  const triggerId = usesResources(situation)
    ? undefined
    : deriveTriggerId(`${uid}/${kind}`, status.jobStatus?.jobId ?? "", now);
  const formatType = kind === "savepoint" ? settings.savepointFormat : settings.checkpointType;
  // The firstTriggerTimestamp of a failed attempt is kept.
  return {
    status: withTriggerInfo(status, kind, { triggerId, triggerTimestamp: now, triggerType, formatType }),
    requeueAfterMs: 0,
  };
}

const isTooOld = ({ settings }: Situation, kind: SnapshotKind): boolean =>
  kind === "checkpoint" && !settings.checkpointsOnDemand;

const tooOld = (request: string): EventIntent => ({
  type: "Warning",
  reason: "CheckpointError",
  component: "Operator",
  message: `${request} has no effect: Flink takes checkpoints on demand since ${oldestWithCheckpoints}`,
  key: `CheckpointsOnDemand ${request}`,
  once: true,
});

/** Milliseconds until the next period elapses; undefined without a period. */
export function untilNextSnapshot(situation: Situation): number | undefined {
  const { settings, now } = situation;
  if (!canBeSnapshot(situation)) return undefined;
  const times = snapshotKindsOfJob.flatMap(
    (kind) => settings.periodic[kind]?.nextAt(lastPeriodic(situation, kind), now) ?? [],
  );
  return times.length === 0 ? undefined : Math.max(0, Math.min(...times) - now);
}
