import { operatorOptions } from "../../../config/operatorOptions.ts";
import { errorTypes } from "../../statusError.ts";
import type { EventIntent } from "../model/decision.ts";
import type { Outcome, Situation, Step } from "../model/situation.ts";
import { isAbsent, isTerminal, jobOf } from "../observe/observeJob.ts";
import { report } from "../status/failure.ts";
import { withJob } from "../status/status.ts";
import { beginStop } from "../suspension/beginStop.ts";
import { stopInProgress } from "../suspension/stopInProgress.ts";
import { neverStarted } from "../suspension/suspendMode.ts";
import { forceHint, isForced } from "./forceDeletion.ts";

/** How long a deletion waits for a job that cannot take a savepoint before that is reported. */
const GRACE_PERIOD_MS = 60_000;

/**
 * A deletion with a savepoint begins like a suspension by savepoint, with the same safety: its intent is written
 * first, under an id that Flink uses as idempotency key.
 */
export const savepointOnDeletion: Step = (situation) => {
  if (!situation.settings.savepointOnDeletion || isForced(situation)) return undefined;
  const suspension = asSuspension(situation);
  const stopping = stopInProgress(suspension);
  if (stopping !== undefined) return withSavepointEvent(stopping, situation);
  const obstacle = obstacleOf(situation);
  switch (obstacle) {
    case "no-job":
      return undefined;
    case undefined:
      return beginStop(suspension);
    default:
      return neverStarted(situation) === undefined ? blocked(situation, obstacle) : withoutJob(situation);
  }
};

/** The deployed spec, to be suspended by savepoint. Edits that never took effect are ignored. */
function asSuspension(situation: Situation): Situation {
  const { deployed, status, spec, generation } = situation;
  const last = deployed?.spec ?? spec;
  return {
    ...situation,
    spec: { ...last, job: { ...last.job, state: "suspended", upgradeMode: "savepoint" } },
    generation: status.observedGeneration ?? generation,
  };
}

/** Why no savepoint can be taken now; "no-job" if none is needed. */
function obstacleOf({ deployed, status, facts }: Situation): string | undefined {
  const { jobId, state } = status.jobStatus ?? {};
  const launching = status.reconciliationStatus?.state === "UPGRADING";
  if (deployed?.spec.job === undefined) return "no-job";
  if (deployed.spec.job.state === "suspended" && (!launching || isStopped(facts))) return "no-job";
  const job = jobOf(facts, jobId);
  if (job !== undefined && isTerminal(job.state)) return "no-job";
  if (job !== undefined) return job.state === "RUNNING" ? undefined : "the job does not run";
  const gone = facts.jobManager === undefined || facts.jobManager.deleting;
  if (isTerminal(state) && (!launching || gone)) return "no-job";
  // An intended launch has not created its job yet.
  if (deployed.spec.job.state === "suspended" && gone) return "no-job";
  if (gone) return "the JobManager is gone";
  return isAbsent(facts, jobId) ? "the JobManager does not know the job" : "the JobManager does not answer";
}

/** The launch that was under way has stopped the old JobManager, and the deletion does not go on with it: no other one comes. */
const isStopped = ({ session, jobManager }: Situation["facts"]): boolean =>
  session === undefined && jobManager?.replicas === 0;

/**
 * A JobManager that never started has run no job. Recorded in the status, because nothing shows it once the
 * JobManager is deleted; once it is recorded, the deletion goes on.
 */
const withoutJob = ({ status }: Situation): Outcome | undefined =>
  isTerminal(status.jobStatus?.state)
    ? undefined
    : { status: withJob(status, { state: "FINISHED" }), requeueAfterMs: 0 };

function blocked(situation: Situation, obstacle: string): Outcome {
  const { resource, status, now } = situation;
  const since = Date.parse(resource.metadata.deletionTimestamp ?? "");
  const waitsFor = `a savepoint before the deletion: ${obstacle}`;
  if (now - since < GRACE_PERIOD_MS) return { waitsFor, requeueAfterMs: 1_000 };
  const message =
    `The deletion waits for a savepoint, as ${operatorOptions.savepointOnDeletion.key} asks, but ${obstacle}. ` +
    forceHint(situation);
  return { waitsFor, ...report(status, errorTypes.reconciliation, "CleanupFailed", message) };
}

/** The savepoint is the last thing known of the job. The event outlives the resource. */
function withSavepointEvent(stopping: Outcome, { status }: Situation): Outcome {
  const path = stopping.status?.jobStatus?.upgradeSavepointPath;
  if (path === undefined || path === status.jobStatus?.upgradeSavepointPath) return stopping;
  const message = `The job was stopped before its deletion with the savepoint ${path}`;
  const event: EventIntent = { type: "Normal", reason: "SavepointOnDeletion", component: "Job", message };
  return { ...stopping, events: [...(stopping.events ?? []), event], requeueAfterMs: 0 };
}
