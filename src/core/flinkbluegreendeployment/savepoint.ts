import type { Operation } from "../../api/flinkFacts.ts";
import type { Color } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { retryPauseMs } from "../flinkstatesnapshot/attempt.ts";
import { following } from "../flinkstatesnapshot/situation.ts";
import { deriveTriggerId } from "../ids.ts";
import { causeOfFailure } from "../job/snapshots/snapshotFailure.ts";
import { withoutFileScheme } from "./child.ts";
import type { Action, Decision, Outcome } from "./decision.ts";
import { warning } from "./events.ts";
import type { ChildFacts } from "./facts.ts";
import { childOf, colorOf, type Situation, type Step } from "./situation.ts";
import { failing, isoTime, timeOf, withoutSavepoint } from "./status.ts";

/** How soon a job whose tasks do not all run, or whose JobManager does not answer, is looked at again. */
const SOON_MS = 1_000;

/**
 * Takes the savepoint that the new side starts from. The status has the id of the trigger before it is sent, and Flink takes an id
 * once.
 */
export function beginSavepoint(situation: Situation, color: Color, child: ChildFacts): Outcome {
  const { status, resource, settings, now } = situation;
  const { jobId, savepointDirectory } = child.job;
  const pausesMs = timeOf(status.retry?.nextTime) - now;
  if (pausesMs > 0) return { requeueAfterMs: pausesMs };
  if (savepointDirectory === undefined)
    return triggerFailed(
      situation,
      "spec.template.spec.flinkConfiguration: execution.checkpointing.savepoint-dir must be set, since each transition takes a savepoint",
    );
  if (jobId === undefined || !child.job.canBeSnapshot || child.job.endpoint === undefined)
    return { requeueAfterMs: SOON_MS, waitsFor: `not all tasks of ${child.resource.metadata.name} run` };
  const triggerId = deriveTriggerId(resource.metadata.uid ?? "", jobId, now);
  return {
    status: {
      ...status,
      blueGreenState: `SAVEPOINTING_${color}`,
      savepointTriggerId: triggerId,
      abortTimestamp: isoTime(now + settings.abortGraceMs),
    },
    afterStatus: triggerAction(child, jobId, triggerId),
    requeueAfterMs: settings.intervalMs,
  };
}

function triggerAction({ job }: ChildFacts, jobId: string, triggerId: string): Action[] {
  const { cluster, endpoint, savepointDirectory: targetDirectory, savepointFormat: formatType } = job;
  if (endpoint === undefined || targetDirectory === undefined) return [];
  return [
    { kind: "trigger-savepoint", at: { cluster, endpoint }, jobId, triggerId, targetDirectory, formatType },
  ];
}

/** The trigger was refused. It is tried again at the interval of a transition. */
export const triggerFailed = (situation: Situation, cause: string): Outcome => {
  const { status, settings } = situation;
  const error = `Could not trigger Savepoint. Details: ${cause}`;
  return {
    status: {
      ...failing(withoutSavepoint(status), error),
      ...(status.blueGreenState === undefined
        ? {}
        : { blueGreenState: `ACTIVE_${colorOf(status.blueGreenState)}` }),
    },
    errorReason: "SavepointError",
    events: status.error === error ? [] : [warning("SavepointError", error)],
    requeueAfterMs: settings.intervalMs,
  };
};

/** The operation that the poller follows while the result of the savepoint is not known. */
export function followedSavepoint(situation: Situation): Decision["follow"] {
  const { savepointTriggerId: triggerId, savepointPath, blueGreenState = "" } = situation.status;
  if (
    triggerId === undefined ||
    savepointPath !== undefined ||
    !/^(SAVEPOINTING|ACTIVE)/.test(blueGreenState)
  )
    return undefined;
  const { job } = childOf(situation, colorOf(situation.status.blueGreenState ?? "ACTIVE_BLUE")) ?? {};
  // Flink logs an error if it is asked for a trigger that it does not know.
  if (job?.jobId === undefined || situation.facts.unsent === triggerId) return undefined;
  return following(job.cluster, savepointOf(job.jobId, triggerId));
}

const savepointOf = (jobId: string, triggerId: string): Operation => ({
  kind: "savepoint",
  jobId,
  triggerId,
});

/** What Flink last said of the savepoint of the status. */
export function savepointAnswer({ facts, status }: Situation) {
  const { operation } = facts;
  return operation !== undefined && operation.operation.triggerId === status.savepointTriggerId
    ? operation.answer?.status
    : undefined;
}

/** A savepoint is being taken: requests it (again), waits for it, takes its path. Edits wait until it is there. */
export const savepointing: Step = (situation) => {
  const { status, facts, settings, now } = situation;
  const { blueGreenState: state, savepointTriggerId: triggerId } = status;
  if (state === undefined || !state.startsWith("SAVEPOINTING")) return undefined;
  const color = colorOf(state);
  const active = { ...status, blueGreenState: `ACTIVE_${color}` } as const;
  const child = childOf(situation, color);
  if (triggerId === undefined || child === undefined || child.deleting)
    return { status: withoutSavepoint(active), requeueAfterMs: 0 };
  const answer = savepointAnswer(situation);
  if (answer?.state === "completed") {
    const { location } = answer;
    return location
      ? { status: { ...active, savepointPath: withoutFileScheme(location) }, requeueAfterMs: 0 }
      : savepointFailed(
          { ...situation, status: active },
          "Flink has completed it and does not say where it is",
        );
  }
  if (answer?.state === "failed") return { status: active, requeueAfterMs: 0 };
  const { abortTimestamp } = status;
  // The Java operator sets no time for it.
  if (timeOf(abortTimestamp) === 0)
    return {
      status: { ...status, abortTimestamp: isoTime(now + settings.abortGraceMs) },
      requeueAfterMs: settings.intervalMs,
    };
  const leftMs = timeOf(abortTimestamp) - now;
  if (leftMs < 0)
    return savepointFailed(
      { ...situation, status: active },
      `Flink has not completed it in ${seconds(settings.abortGraceMs)}`,
    );
  const isUnknown = facts.unsent === triggerId || answer?.state === "unknown";
  const { jobId, canBeSnapshot } = child.job;
  const mayTrigger = isUnknown && jobId !== undefined && canBeSnapshot;
  return {
    afterStatus: mayTrigger ? triggerAction(child, jobId, triggerId) : [],
    requeueAfterMs: Math.min(isUnknown && !mayTrigger ? SOON_MS : settings.intervalMs, leftMs + 1),
  };
};

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;

/** The edit waits: another savepoint is taken after a pause, or at once after another edit. */
export function savepointFailed(situation: Situation, cause: string): Outcome {
  const { status, now } = situation;
  const failures = (status.retry?.failures ?? 0) + 1;
  const error =
    "Could not start Transition. Details: Could not fetch savepoint with triggerId: " +
    `${status.savepointTriggerId}. Error: ${cause}`;
  const pauseMs = retryPauseMs(failures);
  return {
    status: {
      ...failing(withoutSavepoint(status), error),
      retry: { failures, nextTime: isoTime(now + pauseMs) },
    },
    errorReason: "SavepointError",
    events: [warning("SavepointError", error)],
    requeueAfterMs: pauseMs,
  };
}

/** Why the savepoint of the status failed. Undefined: that is not known yet. */
export function failureOf(situation: Situation, child: ChildFacts): string | undefined {
  const answer = savepointAnswer(situation);
  if (answer?.state !== "failed") return undefined;
  const { status, settings, now } = situation;
  return causeOfFailure(
    child.job.reported ?? { exceptions: undefined, changedAt: undefined },
    {
      since: timeOf(status.abortTimestamp) - settings.abortGraceMs,
      failure: answer.failure,
      format: child.job.savepointFormat,
    },
    now,
  );
}
