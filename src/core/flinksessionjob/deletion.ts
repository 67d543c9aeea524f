import { operatorOptions } from "../../config/operatorOptions.ts";
import { decideDeletionBy } from "../job/deletion/deletion.ts";
import { forceHint, isForced } from "../job/deletion/forceDeletion.ts";
import { savepointOnDeletion } from "../job/deletion/savepointOnDeletion.ts";
import { hasHaMetadata } from "../job/model/facts.ts";
import type { Outcome, Situation, Step } from "../job/model/situation.ts";
import { isAbsent, isTerminal, jobOf } from "../job/observe/observeJob.ts";
import type { Explanation } from "../job/status/decisionRecord.ts";
import { report } from "../job/status/failure.ts";
import { isLaunchIntended } from "../job/status/status.ts";
import { cancelOnce } from "../job/suspension/cancelOnce.ts";
import { errorTypes } from "../statusError.ts";
import { hasListedJobs } from "./awaitSessionCluster.ts";
import { isQuiet } from "./submission.ts";

/** The first step that answers is the pass. */
const steps: readonly Step[] = [
  nothingLeft,
  awaitSubmission,
  unreachable,
  absentJob,
  savepointOnDeletion,
  endJob,
  letGo,
];

/** Ends the job and lets the resource go; the session cluster stays (REFERENCE 1.17). */
export const decideSessionJobDeletion = (before: Situation): Outcome =>
  decideDeletionBy(steps, explain, before);

/** It has no job that could run, or no cluster that it could run in. */
function nothingLeft(situation: Situation): Outcome | undefined {
  const { facts, deployed, status, settings } = situation;
  const { jobId } = status.jobStatus ?? {};
  const { session, jobManager } = facts;
  if (deployed === undefined || jobId === undefined) return letGo();
  if (session === undefined || session.kind !== "session") return letGo();
  if (session.deleting && !settings.blockOnSessionJobs) return letGo();
  const isGone = jobManager === undefined || jobManager.deleting;
  // Without high availability a job does not outlive its JobManager.
  return isGone && !settings.highAvailability ? letGo() : undefined;
}

/** What is on its way would start the job after all. */
function awaitSubmission(situation: Situation): Outcome | undefined {
  const { facts, status } = situation;
  const { submission } = facts;
  const isUnderWay = submission?.state === "running" && submission.jobId === status.jobStatus?.jobId;
  const mayCome = isNamed(situation) && isAbsent(facts, status.jobStatus?.jobId) && !isQuiet(situation);
  return isUnderWay || mayCome
    ? { waitsFor: "the submission of the job to end", requeueAfterMs: 1_000 }
    : undefined;
}

const isNamed = ({ status, deployed }: Situation): boolean =>
  isLaunchIntended(status, deployed) && !isTerminal(status.jobStatus?.state);

/** How long the deletion may wait for the session cluster before that is told. */
const PATIENCE_MS = 60_000;

function unreachable(situation: Situation): Outcome | undefined {
  const { facts, status } = situation;
  if (isForced(situation)) return hasListedJobs(situation) ? undefined : letGo();
  if (status.jobManagerDeploymentStatus === "READY" && hasListedJobs(situation)) return undefined;
  return awaitTold(
    situation,
    `the session cluster ${facts.session?.name} to answer, so that the job can be cancelled`,
  );
}

/** Waits for what may never come: so it is told, with the way to do without it. */
function awaitTold(situation: Situation, waitsFor: string): Outcome {
  const { status, resource, now } = situation;
  const since = Date.parse(resource.metadata.deletionTimestamp ?? "");
  if (now - since < PATIENCE_MS) return { waitsFor };
  const message = `The deletion waits for ${waitsFor}. ${forceHint(situation)}`;
  return { waitsFor, ...report(status, errorTypes.reconciliation, "CleanupFailed", message, "Operator") };
}

/** One that is lost does not keep its resource; one that high availability brings back does, unless it is forced to go. */
function absentJob(situation: Situation): Outcome | undefined {
  const { facts, status } = situation;
  if (!isAbsent(facts, status.jobStatus?.jobId)) return undefined;
  return hasHaMetadata(facts.haConfigMaps) && !isForced(situation)
    ? awaitTold(situation, "the JobManager to recover the job")
    : letGo();
}

function endJob(situation: Situation): Outcome | undefined {
  const { facts, status } = situation;
  const { jobId } = status.jobStatus ?? {};
  const job = jobOf(facts, jobId);
  if (job === undefined || isTerminal(job.state)) return undefined;
  return {
    actions: cancelOnce(situation, job),
    waitsFor: "the job to be cancelled",
    requeueAfterMs: 500,
  };
}

function letGo(): Outcome {
  return { actions: [{ kind: "remove-finalizer" }] };
}

function explain({ settings, status, facts }: Situation): Explanation {
  return {
    act: "Delete",
    reason: "The resource is being deleted.",
    facts: [
      `The job was ${status.jobStatus?.state ?? "never seen"}`,
      `${operatorOptions.savepointOnDeletion.key}: ${settings.savepointOnDeletion}`,
      ...(facts.session?.kind === "missing" ? ["The session cluster does not exist"] : []),
    ],
  };
}
