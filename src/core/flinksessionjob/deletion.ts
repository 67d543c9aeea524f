import { operatorOptions } from "../../config/operatorOptions.ts";
import { decideDeletionBy } from "../job/deletion/deletion.ts";
import { forceHint, isForced } from "../job/deletion/forceDeletion.ts";
import { savepointOnDeletion } from "../job/deletion/savepointOnDeletion.ts";
import { hasHaMetadata } from "../job/model/facts.ts";
import type { Outcome, Situation, Step } from "../job/model/situation.ts";
import { isAbsent, isTerminal, jobOf } from "../job/observe/observeJob.ts";
import { describeSnapshot, knownSnapshots } from "../job/restore/knownSnapshots.ts";
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
  if (session === undefined || session.kind !== "session")
    return letGoWithoutSavepoint(situation, "its session cluster does not exist");
  if (session.deleting && !settings.blockOnSessionJobs)
    return letGoWithoutSavepoint(situation, "its session cluster is being deleted");
  const isGone = jobManager === undefined || jobManager.deleting;
  // Without high availability a job does not outlive its JobManager.
  return isGone && !settings.highAvailability
    ? letGoWithoutSavepoint(situation, "its session cluster has no JobManager")
    : undefined;
}

/** The deletion is to leave a savepoint of a job that has run and has not come to its end. */
function owesSavepoint(situation: Situation): boolean {
  const { settings, status, deployed } = situation;
  const { state, startTime } = status.jobStatus ?? {};
  if (!settings.savepointOnDeletion || isForced(situation) || startTime === undefined) return false;
  return deployed?.spec.job?.state === "running" && !isTerminal(state);
}

/** Nobody can take one any more: the event, which outlives the resource, says what there is instead. */
function letGoWithoutSavepoint(situation: Situation, why: string): Outcome {
  if (!owesSavepoint(situation)) return letGo();
  const [newest] = knownSnapshots(situation.status, situation.facts);
  const message =
    `The job is deleted without the savepoint that ${operatorOptions.savepointOnDeletion.key} asks for: ${why}. ` +
    (newest === undefined
      ? "No snapshot is known."
      : `The newest snapshot known: ${describeSnapshot(newest)}.`);
  return {
    ...letGo(),
    events: [{ type: "Warning", reason: "SavepointOnDeletion", component: "Job", message }],
  };
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

/**
 * One that is lost does not keep its resource, unless it was to leave a savepoint: of that, savepointOnDeletion decides. One
 * that high availability brings back does, unless it is forced to go.
 */
function absentJob(situation: Situation): Outcome | undefined {
  const { facts, status } = situation;
  if (!isAbsent(facts, status.jobStatus?.jobId)) return undefined;
  if (hasHaMetadata(facts.haConfigMaps) && !isForced(situation))
    return awaitTold(situation, "the JobManager to recover the job");
  return owesSavepoint(situation) ? undefined : letGo();
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
