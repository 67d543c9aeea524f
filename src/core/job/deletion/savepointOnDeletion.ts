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

/** How long a job may take to be able to take a savepoint before it is told that the deletion waits for it. */
const PATIENCE_MS = 60_000;

/**
 * A deletion that is to leave a savepoint begins as a suspension by savepoint, with all that makes one safe: its intent
 * is written first, under an id that Flink honours.
 */
export const savepointOnDeletion: Step = (situation) => {
  if (!situation.settings.savepointOnDeletion || isForced(situation)) return undefined;
  const suspension = asSuspension(situation);
  const stopping = stopInProgress(suspension);
  if (stopping !== undefined) return told(stopping, situation);
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

/** What has been deployed, to be suspended by savepoint: edits that never took effect do not matter any more. */
function asSuspension(situation: Situation): Situation {
  const { deployed, status, spec, generation } = situation;
  const last = deployed?.spec ?? spec;
  return {
    ...situation,
    spec: { ...last, job: { ...last.job, state: "suspended", upgradeMode: "savepoint" } },
    generation: status.observedGeneration ?? generation,
  };
}

/** Why no savepoint can be taken now; "no-job": none has to be. */
function obstacleOf({ deployed, status, facts }: Situation): string | undefined {
  const { jobId, state } = status.jobStatus ?? {};
  const launching = status.reconciliationStatus?.state === "UPGRADING";
  if (deployed?.spec.job === undefined) return "no-job";
  if (deployed.spec.job.state === "suspended" && !launching) return "no-job";
  const job = jobOf(facts, jobId);
  if (job !== undefined && isTerminal(job.state)) return "no-job";
  if (job !== undefined) return job.state === "RUNNING" ? undefined : "the job does not run";
  const gone = facts.jobManager === undefined || facts.jobManager.deleting;
  if (isTerminal(state) && (!launching || gone)) return "no-job";
  // Of a launch that was intended, the job is not there yet.
  if (deployed.spec.job.state === "suspended" && gone) return "no-job";
  if (gone) return "the JobManager is gone";
  return isAbsent(facts, jobId) ? "the JobManager does not know the job" : "the JobManager does not answer";
}

/** A JobManager that never came up has run no job. Written down, for once it is gone nothing tells of that any more. */
const withoutJob = ({ status }: Situation): Outcome => ({
  status: withJob(status, { state: "FINISHED" }),
  requeueAfterMs: 0,
});

function blocked(situation: Situation, obstacle: string): Outcome {
  const { resource, status, now } = situation;
  const since = Date.parse(resource.metadata.deletionTimestamp ?? "");
  const waitsFor = `a savepoint before the deletion: ${obstacle}`;
  if (now - since < PATIENCE_MS) return { waitsFor, requeueAfterMs: 1_000 };
  const message =
    `The deletion waits for a savepoint, as ${operatorOptions.savepointOnDeletion.key} asks, but ${obstacle}. ` +
    forceHint(situation);
  return { waitsFor, ...report(status, errorTypes.reconciliation, "CleanupFailed", message) };
}

/** The savepoint is the last that is known of the job: the event outlives the resource. */
function told(stopping: Outcome, { status }: Situation): Outcome {
  const path = stopping.status?.jobStatus?.upgradeSavepointPath;
  if (path === undefined || path === status.jobStatus?.upgradeSavepointPath) return stopping;
  const message = `The job was stopped before its deletion with the savepoint ${path}`;
  const event: EventIntent = { type: "Normal", reason: "SavepointOnDeletion", component: "Job", message };
  return { ...stopping, events: [...(stopping.events ?? []), event], requeueAfterMs: 0 };
}
