import type { JobOverview, SavepointStatus } from "../../api/flinkFacts.ts";
import type { JobStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { upgradeFailure } from "./failure.ts";
import { isAbsent, isTerminal, jobOf, lastSnapshotOf } from "./observeJob.ts";
import type { Outcome, Situation, Step } from "./situation.ts";
import { launchIntended, suspended, withJob, withoutTrigger, withTriggerGivenUp } from "./status.ts";

/** How long a job that was to be stopped may take to run (again), before it is decided anew what to do with it. */
const PATIENCE_MS = 60_000;
/** How long the tasks of a job that says RUNNING may take to run too: Flink refuses a savepoint before they all do. */
const START_PATIENCE_MS = 30_000;
/** When the last request made in that time has reached the JobManager or never will. */
const HEARD_MS = PATIENCE_MS + 15_000;

/** A stop-with-savepoint whose intent is written: ask for it (again), wait for it, take its result. */
export const stopInProgress: Step = (situation) => {
  const { status, facts } = situation;
  const info = status.jobStatus?.savepointInfo;
  const jobId = status.jobStatus?.jobId;
  if (info?.triggerType !== "UPGRADE" || info.triggerId === undefined || jobId === undefined)
    return undefined;
  const jobManager = status.jobManagerDeploymentStatus;
  if (jobManager === "MISSING") return giveUp(situation);
  if (jobManager !== "READY" || isAbsent(facts, jobId)) return notRunning(situation);
  const job = jobOf(facts, jobId);
  const savepoint = facts.flink?.savepoint;
  if (job === undefined || savepoint?.triggerId !== info.triggerId) return {};
  switch (savepoint.status.state) {
    case "completed":
      return stopped(situation, savepoint.status.location, true);
    case "failed":
      return stopFailed(situation, savepoint.status);
    case "in-progress":
      return {};
    case "unknown":
      if (isTerminal(job.state)) return endedMeanwhile(situation);
      if (job.state !== "RUNNING") return notRunning(situation);
      if (!allTasksRun(job) && ageOf(situation) < START_PATIENCE_MS) return { requeueAfterMs: 500 };
      return ageOf(situation) < PATIENCE_MS
        ? askToStop(situation, jobId, info.triggerId)
        : notTaken(situation, savepoint.at);
  }
};

const allTasksRun = ({ tasks: { running = 0, finished = 0, total = 0 } }: JobOverview): boolean =>
  running + finished >= total;

const ageOf = ({ now, status }: Situation): number =>
  now - (status.jobStatus?.savepointInfo?.triggerTimestamp ?? 0);

/** The JobManager never took the trigger: decided anew, once it is sure that no request is under way any more. */
function notTaken(situation: Situation, observedAt: number): Outcome {
  const { status, now } = situation;
  const sentAt = now - ageOf(situation);
  return observedAt - sentAt < HEARD_MS ? {} : { status: withTriggerGivenUp(status), requeueAfterMs: 0 };
}

/** A restarted JobManager brings its job back; one that does not, or not for long, leaves HA metadata to go on from. */
const notRunning = (situation: Situation): Outcome =>
  ageOf(situation) < PATIENCE_MS ? {} : giveUp(situation);

function askToStop({ settings, status }: Situation, jobId: string, triggerId: string): Outcome {
  const { savepointDirectory, savepointFormat } = settings;
  const format = status.jobStatus?.savepointInfo?.formatType;
  return {
    actions: [
      {
        kind: "stop-with-savepoint",
        jobId,
        triggerId,
        targetDirectory: savepointDirectory,
        formatType: format === "NATIVE" || format === "CANONICAL" ? format : savepointFormat,
        // The job goes on later: its event time must not run out (REFERENCE 6.2).
        drain: false,
      },
    ],
  };
}

/** `isSavepoint`: what the job left behind is a savepoint of ours, for the history, and not a checkpoint of Flink's. */
function stopped(situation: Situation, location: string, isSavepoint: boolean): Outcome {
  const { spec } = situation;
  const job = {
    upgradeSavepointPath: location,
    savepointInfo: isSavepoint
      ? withSavepoint(situation, location)
      : withoutTrigger(situation.status.jobStatus?.savepointInfo),
  };
  const keep = (spec.job?.upgradeMode ?? "stateless") === "stateless" ? "stateless" : "savepoint";
  return spec.job?.state === "suspended"
    ? { status: suspended(situation, "savepoint", job) }
    : { status: launchIntended(situation, keep, job), requeueAfterMs: 0 };
}

function withSavepoint({ status, now }: Situation, location: string): JobStatus["savepointInfo"] {
  const before = status.jobStatus?.savepointInfo;
  const info = withoutTrigger(before);
  const lastSavepoint = {
    timeStamp: now,
    location,
    triggerType: "UPGRADE" as const,
    formatType: before?.formatType,
  };
  return { ...info, lastSavepoint, savepointHistory: [...(info?.savepointHistory ?? []), lastSavepoint] };
}

/** The job goes on running; a later pass decides anew, with another trigger id. */
function stopFailed(situation: Situation, failed: SavepointStatus & { state: "failed" }): Outcome {
  const outcome = upgradeFailure(
    situation,
    "SavepointError",
    `Savepoint failed: ${firstLine(failed.failure.stackTrace)}`,
  );
  return { ...outcome, status: withTriggerGivenUp(outcome.status ?? situation.status) };
}

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? text;

/** The job has ended but the trigger tells nothing (the JobManager forgot it): the job's newest snapshot is it. */
function endedMeanwhile(situation: Situation): Outcome {
  const { facts, status, spec } = situation;
  if ((spec.job?.upgradeMode ?? "stateless") === "stateless") return giveUp(situation);
  const last = lastSnapshotOf(facts, status.jobStatus?.jobId);
  if (last.kind === "unknown") return {};
  if (last.kind === "at") return stopped(situation, last.path, last.isSavepoint);
  return upgradeFailure(
    situation,
    "UpgradeFailed",
    "The job ended while it was being stopped with a savepoint, and its JobManager does not tell where the " +
      "savepoint is. Manual restore required.",
  );
}

/** What is true now decides anew: last-state from HA metadata, or a failure that asks for a person. */
const giveUp = ({ status }: Situation): Outcome => ({
  status: withJob(status, { savepointInfo: withoutTrigger(status.jobStatus?.savepointInfo) }),
  requeueAfterMs: 0,
});
