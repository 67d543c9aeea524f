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
import { noRequestInFlight } from "./submission.ts";

/** The first step with an outcome decides the reconcile. */
const steps: readonly Step[] = [
  nothingLeft,
  awaitSubmission,
  unreachable,
  absentJob,
  savepointOnDeletion,
  endJob,
  removeFinalizer,
];

/** Ends the job and removes the finalizer. The session cluster stays (REFERENCE 1.17). */
export const decideSessionJobDeletion = (before: Situation): Outcome =>
  decideDeletionBy(steps, explain, before);

/** The resource has no job that could run, or no cluster in which it could run. */
function nothingLeft(situation: Situation): Outcome | undefined {
  const { facts, deployed, status, settings } = situation;
  const { jobId } = status.jobStatus ?? {};
  const { session, jobManager } = facts;
  if (deployed === undefined || jobId === undefined) return removeFinalizer();
  if (session === undefined || session.kind !== "session")
    return finalizeWithoutSavepoint(situation, "its session cluster does not exist");
  if (session.deleting && !settings.blockOnSessionJobs)
    return finalizeWithoutSavepoint(situation, "its session cluster is being deleted");
  const isGone = jobManager === undefined || jobManager.deleting;
  // Nothing launches the cluster again, which in turn waits for this job. The HA metadata goes with the cluster.
  if (session.deleting && (isGone || jobManager.replicas === 0))
    return finalizeWithoutSavepoint(situation, "its session cluster is being deleted, without a JobManager");
  // Without high availability a job does not outlive its JobManager.
  return isGone && !settings.highAvailability
    ? finalizeWithoutSavepoint(situation, "its session cluster has no JobManager")
    : undefined;
}

/** The deletion must leave a savepoint: the job has run and has not ended. */
function requiresSavepoint(situation: Situation): boolean {
  const { settings, status, deployed } = situation;
  const { state, startTime } = status.jobStatus ?? {};
  if (!settings.savepointOnDeletion || isForced(situation) || startTime === undefined) return false;
  return deployed?.spec.job?.state === "running" && !isTerminal(state);
}

/** A savepoint is no longer possible. The event, which outlives the resource, names the newest snapshot instead. */
function finalizeWithoutSavepoint(situation: Situation, why: string): Outcome {
  if (!requiresSavepoint(situation)) return removeFinalizer();
  const [newest] = knownSnapshots(situation.status, situation.facts);
  const message =
    `The job is deleted without the savepoint that ${operatorOptions.savepointOnDeletion.key} requests: ${why}. ` +
    (newest === undefined
      ? "No snapshot is known."
      : `The newest snapshot known: ${describeSnapshot(newest)}.`);
  return {
    ...removeFinalizer(),
    events: [{ type: "Warning", reason: "SavepointOnDeletion", component: "Job", message }],
  };
}

/** A submission in progress would still start the job. */
function awaitSubmission(situation: Situation): Outcome | undefined {
  const { facts, status } = situation;
  const { submission } = facts;
  const isUnderWay = submission?.state === "running" && submission.jobId === status.jobStatus?.jobId;
  const mayStart =
    isNamed(situation) && isAbsent(facts, status.jobStatus?.jobId) && !noRequestInFlight(situation);
  return isUnderWay || mayStart
    ? { waitsFor: "the submission of the job to end", requeueAfterMs: 1_000 }
    : undefined;
}

const isNamed = ({ status, deployed }: Situation): boolean =>
  isLaunchIntended(status, deployed) && !isTerminal(status.jobStatus?.state);

/** How long the deletion waits for the session cluster before that is reported. */
const GRACE_PERIOD_MS = 60_000;

function unreachable(situation: Situation): Outcome | undefined {
  const { facts, status } = situation;
  if (isForced(situation)) return hasListedJobs(situation) ? undefined : removeFinalizer();
  if (status.jobManagerDeploymentStatus === "READY" && hasListedJobs(situation)) return undefined;
  return awaitAndReport(
    situation,
    `the session cluster ${facts.session?.name} to answer, so that the job can be cancelled`,
  );
}

/** Waits for something that may never happen, so it is reported with the way to continue without it. */
function awaitAndReport(situation: Situation, waitsFor: string): Outcome {
  const { status, resource, now } = situation;
  const since = Date.parse(resource.metadata.deletionTimestamp ?? "");
  if (now - since < GRACE_PERIOD_MS) return { waitsFor };
  const message = `The deletion waits for ${waitsFor}. ${forceHint(situation)}`;
  return { waitsFor, ...report(status, errorTypes.reconciliation, "CleanupFailed", message, "Operator") };
}

/**
 * A lost job does not block the deletion, unless the deletion must leave a savepoint: then savepointOnDeletion decides. A
 * job that high availability recovers does, unless the deletion is forced.
 */
function absentJob(situation: Situation): Outcome | undefined {
  const { facts, status } = situation;
  if (!isAbsent(facts, status.jobStatus?.jobId)) return undefined;
  if (hasHaMetadata(facts.haConfigMaps) && !isForced(situation))
    return awaitAndReport(situation, "the JobManager to recover the job");
  return requiresSavepoint(situation) ? undefined : removeFinalizer();
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

function removeFinalizer(): Outcome {
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
