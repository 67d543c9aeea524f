import type { SavepointStatus } from "../../api/flinkFacts.ts";
import { upgradeFailure } from "./failure.ts";
import { checkpointsOf, isTerminal, jobOf, newestSnapshot } from "./observeJob.ts";
import type { Outcome, Situation, Step } from "./situation.ts";
import { launchIntended, suspended, withJob, withoutTrigger } from "./status.ts";

/** A stop-with-savepoint whose intent is written: ask for it (again), wait for it, take its result. */
export const stopInProgress: Step = (situation) => {
  const { status, facts } = situation;
  const info = status.jobStatus?.savepointInfo;
  const jobId = status.jobStatus?.jobId;
  if (info?.triggerType !== "UPGRADE" || info.triggerId === undefined || jobId === undefined)
    return undefined;
  const job = status.jobManagerDeploymentStatus === "READY" ? jobOf(facts, jobId) : undefined;
  const known = facts.flink?.savepoint;
  const savepoint = job !== undefined && known?.triggerId === info.triggerId ? known.status : undefined;
  if (savepoint?.state === "completed") return stopped(situation, savepoint.location);
  if (savepoint?.state === "failed") return stopFailed(situation, savepoint);
  if (isTerminal(job?.state)) return endedMeanwhile(situation);
  if (savepoint?.state === "unknown" && job?.state === "RUNNING")
    return askToStop(situation, jobId, info.triggerId);
  if (status.jobManagerDeploymentStatus === "MISSING") return giveUp(situation);
  return {};
};

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

function stopped(situation: Situation, location: string): Outcome {
  const { spec, status, now } = situation;
  const info = withoutTrigger(status.jobStatus?.savepointInfo);
  const lastSavepoint = {
    timeStamp: now,
    location,
    triggerType: "UPGRADE" as const,
    formatType: status.jobStatus?.savepointInfo?.formatType,
  };
  const job = {
    upgradeSavepointPath: location,
    savepointInfo: {
      ...info,
      lastSavepoint,
      savepointHistory: [...(info?.savepointHistory ?? []), lastSavepoint],
    },
  };
  const keep = (spec.job?.upgradeMode ?? "stateless") === "stateless" ? "stateless" : "savepoint";
  return spec.job?.state === "suspended"
    ? { status: suspended(situation, "savepoint", job) }
    : { status: launchIntended(situation, keep, job), requeueAfterMs: 0 };
}

/** The job goes on running; the next pass decides anew, with another trigger id. */
function stopFailed(situation: Situation, failed: SavepointStatus & { state: "failed" }): Outcome {
  const outcome = upgradeFailure(
    situation,
    "SavepointError",
    `Savepoint failed: ${firstLine(failed.failure.stackTrace)}`,
  );
  return { ...outcome, status: clearTrigger({ ...situation, status: outcome.status ?? situation.status }) };
}

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? text;

/** The job has ended but the trigger tells nothing (the JobManager forgot it): the job's newest snapshot is it. */
function endedMeanwhile(situation: Situation): Outcome {
  const { facts, status } = situation;
  const statistics = checkpointsOf(facts, status.jobStatus?.jobId);
  const newest = newestSnapshot(statistics);
  if (statistics === undefined) return {};
  return newest === undefined ? giveUp(situation) : stopped(situation, newest.externalPath);
}

/** What is true now decides anew: last-state from HA metadata, or a failure that asks for a person. */
const giveUp = (situation: Situation): Outcome => ({ status: clearTrigger(situation), requeueAfterMs: 0 });

const clearTrigger = ({ status }: Situation) =>
  withJob(status, { savepointInfo: withoutTrigger(status.jobStatus?.savepointInfo) });
